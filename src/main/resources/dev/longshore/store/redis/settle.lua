-- ARGV: attempt, holder, busy in µs, channel, event, succeeded, skipped, blob's indexes, blob, number of failure groups, then fingerprint,
-- message, indexes of each, then the number of kinds of retries, then attempt, delay in ms, indexes of each, then index and failure of each
-- attempt to remember. Reply: what was won, 1 when nothing is left to do.
local a, refusal = wholeAccount('busy', 'busyItems', 'blob', 'run', 'failureTold', 'failedBefore')
if not a then return refusal end
local attempt, holder = tonumber(ARGV[1]), ARGV[2]
local succeeded, skipped, failures, again = parse(ARGV[6]), parse(ARGV[7]), {}, {}
local first, last, items = nil, nil, 0

local function reach(ranges)
  if ranges.n > 0 then
    first, last, items = min(first or ranges[1], ranges[1]), max(last or 0, ranges[ranges.n]), items + size(ranges)
  end
  return ranges
end

reach(succeeded)
reach(skipped)
local at = 11
for _ = 1, tonumber(ARGV[10]) do
  failures[#failures + 1] = {fingerprint = ARGV[at], message = ARGV[at + 1], ranges = reach(parse(ARGV[at + 2]))}
  at = at + 3
end
local kinds = tonumber(ARGV[at])
at = at + 1
for _ = 1, kinds do
  again[#again + 1] = {attempt = tonumber(ARGV[at]), delay = tonumber(ARGV[at + 1]), ranges = reach(parse(ARGV[at + 2]))}
  at = at + 3
end
if not first then return {'', allFinal(a) and 1 or 0} end

local held, waiting = leases(first, last), retries(first, last)
local newer, later = countBits(FINAL, first, last) > 0, {}
for _, l in ipairs(held) do
  if l.attempt > attempt then
    newer = true
    for index = max(first, l.first), min(last, l.last) do later[index] = l end
  end
end
for _, r in ipairs(waiting) do
  if r.attempt > attempt then
    newer = true
    later[r.index] = r
  end
end

if newer then
  local isFinal = bits(FINAL, first, last)
  local function winnable(ranges, repeated)
    local won = {n = 0}
    for i = 1, ranges.n, 2 do
      for index = ranges[i], ranges[i + 1] do
        local claim = later[index]
        if not isFinal(index) and (not claim or (claim.due and claim.attempt == repeated and claim.holder == holder)) then
          add(won, index, index)
        end
      end
    end
    return won
  end
  succeeded, skipped = winnable(succeeded), winnable(skipped)
  for _, f in ipairs(failures) do f.ranges = winnable(f.ranges) end
  -- the entry that this very holder wrote is won again: the reply of the first call may have been lost
  for _, r in ipairs(again) do r.ranges = winnable(r.ranges, r.attempt) end
end

local all = {}
local function collect(ranges)
  for i = 1, ranges.n, 2 do all[#all + 1] = {ranges[i], ranges[i + 1]} end
end
collect(succeeded)
collect(skipped)
for _, f in ipairs(failures) do collect(f.ranges) end
local finals = sorted(all)
for _, r in ipairs(again) do collect(r.ranges) end
local won = sorted(all)

-- Keeps the newest 20 failed attempts of an item, a line each; one that only comes again because its reply was lost is not kept twice.
local function remember(from)
  local isWon = {}
  for _, r in ipairs(again) do
    for i = 1, r.ranges.n, 2 do
      for index = r.ranges[i], r.ranges[i + 1] do isWon[string.format('%.0f', index)] = true end
    end
  end
  for at = from, #ARGV, 2 do
    local index, failure = ARGV[at], ARGV[at + 1]
    if isWon[index] then
      local lines = {}
      for line in string.gmatch(redis.call('HGET', HISTORY, index) or '', '[^\n]+') do lines[#lines + 1] = line end
      if #lines == 0 or string.match(lines[#lines], '^%d+ (.*)$') ~= failure then
        lines[#lines + 1] = string.format('%.0f ', now) .. failure
        redis.call('HSET', HISTORY, index, table.concat(lines, '\n', max(1, #lines - 19)))
      end
    end
  end
  a.history = redis.call('HLEN', HISTORY)
end

-- from here on only writes
if won.n > 0 then
  cutLeases(held, won)
  leaveInside(holder, won)
end
if #waiting > 0 then
  for i = 1, won.n, 2 do redis.call('ZREMRANGEBYSCORE', RETRIES, won[i], won[i + 1]) end
end
for _, r in ipairs(again) do
  if a.cancel == 1 then
    close(a, r.ranges)
  else
    for i = 1, r.ranges.n, 2 do
      for index = r.ranges[i], r.ranges[i + 1] do writeRetry(index, r.attempt, now + r.delay, holder) end
    end
    unsuspect(a, r.ranges)
  end
end
if ARGV[at] and a.cancel == 0 then remember(at) end
setBits(FINAL, finals)
setBits(NOT, skipped)
setBits(SKIPPED, skipped)
local failed = 0
for _, f in ipairs(failures) do
  local count = size(f.ranges)
  if count > 0 then
    failed = failed + count
    setBits(NOT, f.ranges)
    setBits(FAILED, f.ranges)
    local name = f.fingerprint
    if not redis.call('ZSCORE', GROUPS, name) and redis.call('ZCARD', GROUPS) >= 1000 then name = 'other' end
    redis.call('ZINCRBY', GROUPS, count, name)
    redis.call('HSETNX', EXAMPLES, name, string.format('%.0f %s', f.ranges[1], f.message))
  end
end
a.succeeded, a.failed, a.skipped = a.succeeded + size(succeeded), a.failed + failed, a.skipped + size(skipped)
a.known, a.highest = max(a.known, last + 1), max(a.highest, last + 1)
forgetWay(a, finals)
local firstFailure = failed > 0 and a.failed > a.failedBefore and a.failureTold ~= a.run
local changes = {'busy', a.busy + tonumber(ARGV[3]), 'busyItems', a.busyItems + items, 'failureTold', firstFailure and a.run or a.failureTold}
if finals.n > 0 then
  changes[#changes + 1], changes[#changes + 2] = 'last', now
  if ARGV[8] ~= '' then
    local kept = parse(ARGV[8])
    local lost, mask = {n = 0}, {n = 0}
    for i = 1, kept.n, 2 do subtract(kept[i], kept[i + 1], finals, lost) end
    for i = 1, kept.n, 2 do subtract(kept[i], kept[i + 1], lost, mask) end
    if mask.n > 0 then
      a.blob = a.blob + 1
      redis.call('HSET', BLOBS, a.blob, ARGV[9])
      redis.call('ZADD', MASKS, mask[1], a.blob .. ':' .. format(mask))
      changes[#changes + 1], changes[#changes + 2] = 'blob', a.blob
    end
  end
end
save(a, unpack(changes))
local ended = allFinal(a) and (finals.n > 0 or (a.cancel == 1 and won.n > 0))
if ended or firstFailure then redis.call('PUBLISH', ARGV[4], ARGV[5]) end
return {format(won), allFinal(a) and 1 or 0}
