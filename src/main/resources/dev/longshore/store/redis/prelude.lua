-- Stands before every script of a job. All keys carry the job's hash tag; bitmaps are cut into segments, whose keys end in ":<segment>".
local META, LEASES, RETRIES, HOLDERS, GROUPS, EXAMPLES, BLOBS, MASKS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local FINAL, NOT, FAILED, SKIPPED, CANCELLED = KEYS[9], KEYS[10], KEYS[11], KEYS[12], KEYS[13]
local MARKS, SUSPECTS, CRASHES, INSIDE, HISTORY, COPIES = KEYS[17], KEYS[18], KEYS[19], KEYS[20], KEYS[21], KEYS[22]
local FORMAT, SEGMENT, REACH, DUE_STEP = 1, 1048576, 1000, 250
local floor, max, min = math.floor, math.max, math.min

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + floor(tonumber(time[2]) / 1000)

-- The named numbers of the account (a missing one is 0), or nil and the refusal. `clock` is the ledger's own: it moves with real time, but at
-- most 1 s from one call to the next, so that leases do not age while nobody could call.
local function account(...)
  local names = {'format', 'clock', 'seen', ...}
  local values = redis.call('HMGET', META, unpack(names))
  if not values[1] then return nil, redis.error_reply('GONE no account') end
  if tonumber(values[1]) > FORMAT then return nil, redis.error_reply('FORMAT ' .. values[1]) end
  local a = {}
  for i, name in ipairs(names) do a[name] = tonumber(values[i] or 0) end
  local moved = max(0, min(now - a.seen, 1000))
  a.clock = a.clock + moved
  a.stale = moved >= 100 or now < a.seen
  return a
end

-- Keeps the clock; a few calls in the same 100 ms share one write.
local function tick(a)
  if a.stale then redis.call('HSET', META, 'clock', a.clock, 'seen', now) end
end

-- A list of ranges is {n = 2 * count, first, last, first, last, ...}, ascending, neither touching nor overlapping.
local function add(ranges, first, last)
  local n = ranges.n
  if n > 0 and ranges[n] + 1 == first then
    ranges[n] = last
  else
    ranges[n + 1], ranges[n + 2], ranges.n = first, last, n + 2
  end
end

local function parse(text)
  local ranges = {n = 0}
  for a, b in string.gmatch(text, '(%d+)%-?(%d*)') do
    add(ranges, tonumber(a), tonumber(b ~= '' and b or a))
  end
  return ranges
end

local function format(ranges)
  local parts = {}
  for i = 1, ranges.n, 2 do
    local first, last = ranges[i], ranges[i + 1]
    parts[#parts + 1] = first == last and string.format('%.0f', first) or string.format('%.0f-%.0f', first, last)
  end
  return table.concat(parts, ',')
end

local function size(ranges)
  local sum = 0
  for i = 1, ranges.n, 2 do sum = sum + ranges[i + 1] - ranges[i] + 1 end
  return sum
end

-- Adds to `into` what of first..last is in none of `ranges`.
local function subtract(first, last, ranges, into)
  for i = 1, ranges.n, 2 do
    if ranges[i] > last then break end
    if ranges[i + 1] >= first then
      if ranges[i] > first then add(into, first, ranges[i] - 1) end
      first = ranges[i + 1] + 1
    end
  end
  if first <= last then add(into, first, last) end
end

-- What of `ranges` is in none of `others`.
local function minus(ranges, others)
  local rest = {n = 0}
  for i = 1, ranges.n, 2 do subtract(ranges[i], ranges[i + 1], others, rest) end
  return rest
end

local function common(ranges, others)
  return minus(ranges, minus(ranges, others))
end

local function sorted(list)
  table.sort(list, function(x, y) return x[1] < y[1] end)
  local ranges = {n = 0}
  for _, range in ipairs(list) do add(ranges, range[1], range[2]) end
  return ranges
end

local function bitmap(base, segment)
  return base .. ':' .. string.format('%.0f', segment)
end

-- Calls action(key, lowest bit, highest bit) for each segment that first..last touches.
local function pieces(base, first, last, action)
  while first <= last do
    local segment = floor(first / SEGMENT)
    local start = segment * SEGMENT
    local till = min(last, start + SEGMENT - 1)
    action(bitmap(base, segment), first - start, till - start)
    first = till + 1
  end
end

local function countBits(base, first, last)
  local sum = 0
  pieces(base, first, last, function(key, lo, hi) sum = sum + redis.call('BITCOUNT', key, lo, hi, 'BIT') end)
  return sum
end

-- Sets a run of bits, or clears it: whole bytes at once, the ends by BITFIELD.
local function fill(key, lo, hi, clear)
  local byte, beyond = floor((lo + 7) / 8), floor((hi + 1) / 8)
  local function few(at, n) redis.call('BITFIELD', key, 'SET', 'u' .. n, at, clear and 0 or 2 ^ n - 1) end
  if byte > beyond then
    few(lo, hi - lo + 1)
    return
  end
  local head, tail = byte * 8 - lo, hi + 1 - beyond * 8
  if head > 0 then few(lo, head) end
  if tail > 0 then few(beyond * 8, tail) end
  if beyond > byte then redis.call('SETRANGE', key, byte, string.rep(clear and '\0' or '\255', beyond - byte)) end
end

local function setBits(base, ranges)
  for i = 1, ranges.n, 2 do pieces(base, ranges[i], ranges[i + 1], fill) end
end

-- How many bits were set. A segment without any is freed.
local function clearBits(base, ranges)
  local cleared, touched = 0, {}
  for i = 1, ranges.n, 2 do
    pieces(base, ranges[i], ranges[i + 1], function(key, lo, hi)
      local count = redis.call('BITCOUNT', key, lo, hi, 'BIT')
      if count > 0 then
        cleared = cleared + count
        touched[key] = touched[key] or redis.call('STRLEN', key) * 8
        -- no farther than what is stored, or clearing would make it longer
        fill(key, lo, min(hi, touched[key] - 1), true)
      end
    end)
  end
  for key in pairs(touched) do
    if redis.call('BITPOS', key, 1) < 0 then redis.call('UNLINK', key) end
  end
  return cleared
end

-- The runs of set bits from `from` to below `beyond`, at most `most` of them.
local function runs(base, from, beyond, most)
  local found = {n = 0}
  while from < beyond and found.n <= most * 2 do
    local segment = floor(from / SEGMENT)
    local key, start = bitmap(base, segment), segment * SEGMENT
    local at, till = from - start, min(SEGMENT, beyond - start)
    while at < till and found.n <= most * 2 do
      local first = redis.call('BITPOS', key, 1, at, till - 1, 'BIT')
      if first < 0 then break end
      local past = redis.call('BITPOS', key, 0, first, till - 1, 'BIT')
      -- all ones to the end of what is stored; the run may go on in the next segment
      if past < 0 then past = min(till, redis.call('STRLEN', key) * 8) end
      add(found, start + first, start + past - 1)
      at = past
    end
    from = start + SEGMENT
  end
  if found.n > most * 2 then found.n = most * 2 end
  return found
end

-- A function that tells whether a bit of first..last is set, from one read.
local function bits(base, first, last)
  local bytes, from = {}, {}
  pieces(base, first, last, function(key, lo, hi)
    local segment = floor(first / SEGMENT) + #bytes
    bytes[#bytes + 1] = redis.call('GETRANGE', key, floor(lo / 8), floor(hi / 8))
    from[#bytes] = segment * SEGMENT + floor(lo / 8) * 8
  end)
  return function(index)
    local part = (from[2] and index >= from[2]) and 2 or 1
    local offset = index - from[part]
    local byte = string.byte(bytes[part], floor(offset / 8) + 1)
    return byte ~= nil and bit.band(byte, bit.rshift(128, offset % 8)) ~= 0
  end
end

-- A lease is a member "first-last:attempt:since:holder" scored by its first index; none is longer than REACH.
local function lease(member)
  local first, last, attempt, since, holder = string.match(member, '^(%d+)%-(%d+):(%d+):(%d+):(.*)$')
  return {member = member, first = tonumber(first), last = tonumber(last), attempt = tonumber(attempt), since = since, holder = holder}
end

local function leases(first, last)
  local found = {}
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', LEASES, first - REACH + 1, last)) do
    local l = lease(member)
    if l.last >= first then found[#found + 1] = l end
  end
  return found
end

local function writeLease(first, last, attempt, since, holder)
  redis.call('ZADD', LEASES, first, string.format('%.0f-%.0f:%d:%s:%s', first, last, attempt, since, holder))
end

-- Takes `ranges` out of the leases; what is left of each stays as it was.
local function cutLeases(found, ranges)
  for _, l in ipairs(found) do
    local rest = {n = 0}
    subtract(l.first, l.last, ranges, rest)
    if not (rest.n == 2 and rest[1] == l.first and rest[2] == l.last) then
      redis.call('ZREM', LEASES, l.member)
      for i = 1, rest.n, 2 do writeLease(rest[i], rest[i + 1], l.attempt, l.since, l.holder) end
    end
  end
end

local function liveHolders(clock, leaseMillis)
  local known = {}
  return function(holder)
    if known[holder] == nil then
      local beat = redis.call('HGET', HOLDERS, holder)
      known[holder] = beat ~= false and clock - tonumber(beat) < leaseMillis
    end
    return known[holder]
  end
end

-- A retry entry is a member "index:attempt:due:holder" scored by its index.
local function retry(member)
  local index, attempt, due, holder = string.match(member, '^(%d+):(%d+):(%d+):(.*)$')
  return {member = member, index = tonumber(index), attempt = tonumber(attempt), due = tonumber(due), holder = holder}
end

local function retries(first, last)
  local found = redis.call('ZRANGEBYSCORE', RETRIES, first, last)
  for i, member in ipairs(found) do found[i] = retry(member) end
  return found
end

local function writeRetry(index, attempt, due, holder)
  redis.call('ZADD', RETRIES, index, string.format('%.0f:%d:%.0f:%s', index, attempt, due, holder))
end
