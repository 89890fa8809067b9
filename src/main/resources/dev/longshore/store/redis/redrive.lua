-- ARGV: operation, request, then what it needs.
local a, refusal = wholeAccount('run', 'epoch', 'gapsEpoch', 'opening', 'failedBefore', 'suspended', 'redriven')
if not a then return refusal end
local operation, request = ARGV[1], ARGV[2]
local ended = redis.call('HEXISTS', META, 'ended') == 1

local function carriedOut() return redis.call('HGET', META, 'redriveReply') end

-- Reply: the reply when the request was carried out before, else '', and 1 when the run has ended.
if operation == 'begin' then
  if redis.call('HGET', META, 'request') == request then return {carriedOut(), 0} end
  if redis.call('HGET', META, 'redriving') ~= request then redis.call('HSET', META, 'redriving', request, 'opening', 0) end
  return {'', (ended and a.cancel == 0) and 1 or 0}
end

-- Another request came in between, and went on to its end.
if redis.call('HGET', META, 'redriving') ~= request then
  return redis.error_reply('REDRIVE another request than ' .. request .. ' is being carried out')
end

-- One without a kept failure, or whose group has none left, is taken from those that share a group, or from the largest.
local function ungroup(candidate, left)
  while left > 0 and candidate do
    local has = tonumber(redis.call('ZSCORE', GROUPS, candidate) or 0)
    local taken = min(has, left)
    left = left - taken
    if taken < has then
      redis.call('ZINCRBY', GROUPS, -taken, candidate)
    else
      redis.call('ZREM', GROUPS, candidate)
      redis.call('HDEL', EXAMPLES, candidate)
    end
    candidate = redis.call('ZSCORE', GROUPS, 'other') and 'other' or redis.call('ZREVRANGE', GROUPS, 0, 0)[1]
  end
end

-- Then fingerprint and indexes of failed items, which reach over REACH at most. Reply: how many it opened.
if operation == 'open' then
  if a.cancel == 1 then return 0 end
  local all, groups = {}, {}
  for at = 3, #ARGV, 2 do
    local asked = parse(ARGV[at + 1])
    local isFailed, opened = bits(FAILED, asked[1], asked[asked.n]), {n = 0}
    for i = 1, asked.n, 2 do
      for index = asked[i], asked[i + 1] do
        if isFailed(index) then
          add(opened, index, index)
          all[#all + 1] = {index, index}
        end
      end
    end
    groups[#groups + 1] = {fingerprint = ARGV[at], count = size(opened)}
  end
  local opened = sorted(all)
  if opened.n == 0 then return 0 end

  clearBits(FINAL, opened)
  clearBits(NOT, opened)
  clearBits(FAILED, opened)
  setBits(MARKS, opened)
  for _, mask in ipairs(named(MASKS, opened[1], opened[opened.n])) do
    local taken = common(mask.ranges, opened)
    if taken.n > 0 then
      redis.call('ZREM', MASKS, mask.member)
      name(MASKS, mask.id, minus(mask.ranges, taken))
      name(COPIES, mask.id, taken)
    end
  end
  for _, group in ipairs(groups) do ungroup(group.fingerprint, group.count) end
  local count = size(opened)
  a.failed, a.marked = a.failed - count, a.marked + count
  save(a, 'opening', a.opening + count, 'failedBefore', min(a.failedBefore, a.failed))
  return count
end

-- The end; then 1 when all that an ended run left open has been marked. Reply: items, run, epoch of the gaps feed, its items, epoch of the intake
-- feed or 0; '' when the run ended meanwhile and its open items are to be marked first.
local live = not ended or a.cancel == 1
if not live and ARGV[3] ~= '1' then return '' end
local items, gaps, intake = live and a.opening or a.marked, 0, 0
if not live and (items > 0 or a.complete == 0) then
  a.run, a.failedBefore = a.run + 1, a.failed
  redis.call('HDEL', META, 'ended', 'failReason', 'failMessage', 'intakeCrashes')
  redis.call('HSET', META, 'activeBefore', 0, 'activeSince', a.suspended == 1 and 0 or now)
  if a.complete == 0 then
    a.epoch = a.epoch + 1
    intake = a.epoch
    redis.call('HSET', META, 'feedSeen', a.clock)
  end
end
if items > 0 then
  a.gapsEpoch, gaps = a.gapsEpoch + 1, a.marked
  redis.call('HSET', META, 'gapsSeen', a.clock)
end
local reply = string.format('%.0f %d %d %.0f %d', items, a.run, a.gapsEpoch, gaps, intake)
redis.call('HDEL', META, 'redriving', 'opening')
save(a, 'run', a.run, 'epoch', a.epoch, 'gapsEpoch', a.gapsEpoch, 'failedBefore', a.failedBefore, 'request', request, 'redriven', items,
  'redriveReply', reply)
return reply
