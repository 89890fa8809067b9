-- Stands behind the prelude where items are closed, given back, suspected or no longer to be fed again. What changes in `a` is written by save.
local KEPT = {'known', 'highest', 'succeeded', 'failed', 'skipped', 'cancelled', 'marked', 'suspects', 'crashes', 'history'}

-- As account(), with all that closing may change.
local function wholeAccount(...)
  return account('cancel', 'complete', 'known', 'highest', 'succeeded', 'failed', 'skipped', 'cancelled', 'marked', 'suspects', 'crashes',
    'history', ...)
end

-- Writes what closing may have changed and more: name, value, ...
local function save(a, ...)
  local changes = {'clock', a.clock, 'seen', now, ...}
  for _, name in ipairs(KEPT) do changes[#changes + 1], changes[#changes + 2] = name, a[name] end
  redis.call('HSET', META, unpack(changes))
end

local function finished(a)
  return a.succeeded + a.failed + a.skipped + a.cancelled
end

local function allFinal(a)
  return a.complete == 1 and finished(a) == a.known
end

-- Members "id:ranges" scored by their first index, none longer than REACH: which indexes of a blob count, or are kept to be fed again.
local function named(key, first, last)
  local found = {}
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', key, first - REACH + 1, last)) do
    local id, text = string.match(member, '^(%d+):(.*)$')
    found[#found + 1] = {member = member, id = id, ranges = parse(text)}
  end
  return found
end

local function name(key, id, ranges)
  if ranges.n > 0 then redis.call('ZADD', key, ranges[1], id .. ':' .. format(ranges)) end
end

-- Frees a blob that nothing names any more; all its names begin within REACH of `near`.
local function freeUnnamed(id, near)
  for _, key in ipairs({MASKS, COPIES}) do
    for _, member in ipairs(redis.call('ZRANGEBYSCORE', key, near - REACH + 1, near + REACH - 1)) do
      if string.sub(member, 1, #id + 1) == id .. ':' then return end
    end
  end
  redis.call('HDEL', BLOBS, id)
end

-- These need not be fed again.
local function unmark(a, ranges)
  if a.marked == 0 or ranges.n == 0 then return end
  local cleared = clearBits(MARKS, ranges)
  if cleared == 0 then return end
  a.marked = a.marked - cleared
  for _, copy in ipairs(named(COPIES, ranges[1], ranges[ranges.n])) do
    local rest = minus(copy.ranges, ranges)
    if size(rest) < size(copy.ranges) then
      redis.call('ZREM', COPIES, copy.member)
      name(COPIES, copy.id, rest)
      if rest.n == 0 then freeUnnamed(copy.id, copy.ranges[1]) end
    end
  end
end

-- Suspects are members "first-last:crash" scored by their first index, none longer than REACH; later crashes have higher numbers.
local function suspectsNear(first, last)
  local found = {}
  for i, member in ipairs(redis.call('ZRANGEBYSCORE', SUSPECTS, first - REACH + 1, last)) do
    local from, to, crash = string.match(member, '^(%d+)%-(%d+):(%d+)$')
    found[i] = {member = member, first = tonumber(from), last = tonumber(to), crash = tonumber(crash)}
  end
  return found
end

-- Which of `ranges` are suspects, and which of these were inside at the last crash.
local function suspected(ranges)
  local found, prime, crash = {n = 0}, {n = 0}, 0
  for _, s in ipairs(suspectsNear(ranges[1], ranges[ranges.n])) do
    local part = common({n = 2, s.first, s.last}, ranges)
    if part.n > 0 and s.crash > crash then prime, crash = {n = 0}, s.crash end
    for i = 1, part.n, 2 do
      add(found, part[i], part[i + 1])
      if s.crash == crash then add(prime, part[i], part[i + 1]) end
    end
  end
  return found, prime
end

local function suspect(a, ranges, crash)
  for i = 1, ranges.n, 2 do
    for first = ranges[i], ranges[i + 1], REACH do
      redis.call('ZADD', SUSPECTS, first, string.format('%.0f-%.0f:%.0f', first, min(first + REACH - 1, ranges[i + 1]), crash))
    end
  end
  a.suspects = redis.call('ZCARD', SUSPECTS)
end

local function unsuspect(a, ranges)
  if a.suspects == 0 or ranges.n == 0 then return end
  for _, s in ipairs(suspectsNear(ranges[1], ranges[ranges.n])) do
    local rest = {n = 0}
    subtract(s.first, s.last, ranges, rest)
    redis.call('ZREM', SUSPECTS, s.member)
    suspect(a, rest, s.crash)
  end
  a.suspects = redis.call('ZCARD', SUSPECTS)
end

local function forget(key, count, ranges)
  if count == 0 then return 0 end
  for i = 1, ranges.n, 2 do
    for first = ranges[i], ranges[i + 1], REACH do
      local fields = {}
      for index = first, min(first + REACH - 1, ranges[i + 1]) do fields[#fields + 1] = string.format('%.0f', index) end
      redis.call('HDEL', key, unpack(fields))
    end
  end
  return redis.call('HLEN', key)
end

-- Whatever was remembered of the way of items that are final now is done with.
local function forgetWay(a, ranges)
  unmark(a, ranges)
  unsuspect(a, ranges)
  a.crashes = forget(CRASHES, a.crashes, ranges)
  a.history = forget(HISTORY, a.history, ranges)
end

-- Ends as cancelled what is not final and has no lease any more.
local function close(a, ranges)
  if ranges.n == 0 then return end
  setBits(FINAL, ranges)
  setBits(NOT, ranges)
  setBits(CANCELLED, ranges)
  for i = 1, ranges.n, 2 do redis.call('ZREMRANGEBYSCORE', RETRIES, ranges[i], ranges[i + 1]) end
  a.cancelled = a.cancelled + size(ranges)
  redis.call('HSET', META, 'last', now)
  forgetWay(a, ranges)
end

-- Ends a part of a lease without an outcome: a first attempt is pending again, a later one is retrying and due now, in a cancelled job both
-- are cancelled.
local function giveBack(a, l, given)
  cutLeases({l}, given)
  if a.cancel == 1 then
    close(a, given)
  elseif l.attempt > 1 then
    for i = 1, given.n, 2 do
      for index = given[i], given[i + 1] do writeRetry(index, l.attempt, now, l.holder) end
    end
  end
end

local function leasesOf(holder)
  local held = {}
  for _, member in ipairs(redis.call('ZRANGE', LEASES, 0, -1)) do
    if string.sub(member, -#holder - 1) == ':' .. holder then
      local l = lease(member)
      if l.holder == holder then held[#held + 1] = l end
    end
  end
  return held
end

local function giveAllBack(a, holder)
  for _, l in ipairs(leasesOf(holder)) do giveBack(a, l, {n = 2, l.first, l.last}) end
  redis.call('HDEL', HOLDERS, holder)
  redis.call('HDEL', INSIDE, holder)
end

-- The holder has no more inside what it has settled: the same item may be taken again before it says what is inside from then on.
local function leaveInside(holder, settled)
  local stored = redis.call('HGET', INSIDE, holder)
  if not stored then return end
  local rest = minus(parse(stored), settled)
  if rest.n == 0 then
    redis.call('HDEL', INSIDE, holder)
  else
    redis.call('HSET', INSIDE, holder, format(rest))
  end
end

-- What the holder has inside the processor and has not settled.
local function insideOf(holder)
  local found = {n = 0}
  local stored = redis.call('HGET', INSIDE, holder)
  if stored then
    stored = parse(stored)
    for _, l in ipairs(leases(stored[1], stored[stored.n])) do
      if l.holder == holder then
        local part = common({n = 2, l.first, l.last}, stored)
        for i = 1, part.n, 2 do add(found, part[i], part[i + 1]) end
      end
    end
  end
  return found
end
