-- ARGV: operation, channel, event, then what the operation needs. Reply: 1 when it changed something.
local a, refusal = account('run', 'suspended', 'activeBefore', 'activeSince')
if not a then return refusal end
local operation = ARGV[1]

local function stopClock()
  if a.activeSince > 0 then
    redis.call('HSET', META, 'activeBefore', a.activeBefore + max(0, now - a.activeSince), 'activeSince', 0)
  end
end

if operation == 'spec' then
  redis.call('SET', KEYS[14], ARGV[4])
  redis.call('HSET', META, 'maxCrashes', ARGV[5])
elseif operation == 'suspend' then
  if ARGV[4] == '1' then
    stopClock()
  elseif a.suspended == 1 and redis.call('HEXISTS', META, 'ended') == 0 then
    redis.call('HSET', META, 'activeSince', now)
  end
  redis.call('HSET', META, 'suspended', ARGV[4])
elseif operation == 'mark' then
  -- a write of the asker's own, for WAITAOF to wait for
  redis.call('HSET', META, 'durableAt', now)
elseif operation == 'status' then
  redis.call('UNLINK', KEYS[16])
  redis.call('HSET', KEYS[16], unpack(ARGV, 4))
elseif operation == 'fail' then
  if redis.call('HSETNX', META, 'failReason', ARGV[4]) == 0 then return 0 end
  redis.call('HSET', META, 'failMessage', ARGV[5])
  redis.call('PUBLISH', ARGV[2], ARGV[3])
elseif operation == 'finish' then
  if tonumber(ARGV[4]) ~= a.run or redis.call('HSETNX', META, 'ended', ARGV[5]) == 0 then return 0 end
  stopClock()
end
return 1
