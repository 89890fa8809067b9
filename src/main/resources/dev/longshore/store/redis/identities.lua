-- ARGV: operation, flag, then what it is about. Identities lie in buckets, so that none is too large to go at once; a value is the index of the
-- item, behind an "r" when an earlier job has done it.
local IDS, SUCCEEDED, BUCKETS = KEYS[23], KEYS[24], 1024
local operation, flag = ARGV[1], ARGV[2] == '1'

local function bucket(digest)
  local a, b, c = string.byte(digest, 1, 3)
  return IDS .. ':' .. (a * 4096 + b * 64 + c) % BUCKETS
end

local function isSet(base, index)
  local segment = floor(index / SEGMENT)
  return redis.call('GETBIT', base .. ':' .. string.format('%.0f', segment), index - segment * SEGMENT) == 1
end

-- Of a job that was deleted only the bits of succeeded items stay.
local lives = redis.call('EXISTS', META) == 1
local function succeeded(index)
  if lives then return isSet(FINAL, index) and not isSet(NOT, index) end
  return isSet(SUCCEEDED, index)
end
local function mayHold(index)
  if lives then return not (isSet(FINAL, index) and isSet(NOT, index)) end
  return isSet(SUCCEEDED, index)
end

local reply = {}
if operation == 'record' or operation == 'recordDone' then
  local a, refusal = account('identified')
  if not a then return refusal end
  if a.identified == 0 then redis.call('HSET', META, 'identified', 1) end
  for at = 3, #ARGV, 2 do
    local digest, index = ARGV[at], tonumber(ARGV[at + 1])
    local key = bucket(digest)
    if operation == 'recordDone' then
      redis.call('HSET', key, digest, 'r' .. ARGV[at + 1])
    elseif redis.call('HSETNX', key, digest, index) == 0 then
      local owner = tonumber(redis.call('HGET', key, digest))
      if owner and owner ~= index and (flag or mayHold(owner)) then
        index = owner
      else
        redis.call('HSET', key, digest, index)
      end
    end
    reply[#reply + 1] = index
  end
elseif operation == 'done' then
  for at = 3, #ARGV do
    local value = redis.call('HGET', bucket(ARGV[at]), ARGV[at])
    local index = value and tonumber(string.match(value, '%d+'))
    reply[#reply + 1] = index and (string.sub(value, 1, 1) == 'r' or succeeded(index)) and index or -1
  end
elseif operation == 'hold' then
  for at = 3, #ARGV do reply[#reply + 1] = mayHold(tonumber(ARGV[at])) and 1 or 0 end
end
return reply
