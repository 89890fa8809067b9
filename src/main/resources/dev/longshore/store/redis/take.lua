-- ARGV: indexes, attempt, holder, lease time in ms. Reply: yours, done, leased, suspects, condemned, prime suspects, then attempt, delay in ms, indexes of each newer claim.
local a, refusal = wholeAccount('started', 'maxCrashes')
if not a then return refusal end
local asked, attempt, holder = parse(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local first, last = asked[1], asked[asked.n]
local held, waiting = leases(first, last), retries(first, last)
local yours, done, leased, newer, groups = {n = 0}, {n = 0}, {n = 0}, {}, {}

local function claimedBy(index, claim, delay)
  local name = claim .. ':' .. delay
  if not newer[name] then
    newer[name] = {n = 0}
    groups[#groups + 1] = {attempt = claim, delay = delay, ranges = newer[name]}
  end
  add(newer[name], index, index)
end

if a.cancel == 1 then
  -- nothing is to be done any more; what no other live holder has is closed, the asker's own lease too: its first reply was lost
  local isFinal, isLive, open = bits(FINAL, first, last), liveHolders(a.clock, tonumber(ARGV[4])), {n = 0}
  for _, l in ipairs(held) do
    if l.holder ~= holder and isLive(l.holder) then asked = minus(asked, {n = 2, l.first, l.last}) end
  end
  for i = 1, asked.n, 2 do
    for index = asked[i], min(asked[i + 1], a.known - 1) do
      if not isFinal(index) then add(open, index, index) end
    end
  end
  cutLeases(held, open)
  close(a, open)
  save(a)
  return {'', ARGV[1], '', '', '', ''}
end

if #held == 0 and #waiting == 0 and countBits(FINAL, first, last) == 0 then
  yours = asked
else
  local isFinal, isLive = bits(FINAL, first, last), liveHolders(a.clock, tonumber(ARGV[4]))
  local leaseOf, retryOf = {}, {}
  for _, l in ipairs(held) do
    for index = max(first, l.first), min(last, l.last) do leaseOf[index] = l end
  end
  for _, r in ipairs(waiting) do retryOf[r.index] = r end
  for i = 1, asked.n, 2 do
    for index = asked[i], asked[i + 1] do
      local l, r = leaseOf[index], retryOf[index]
      if isFinal(index) then
        add(done, index, index)
      elseif l and l.attempt > attempt then
        claimedBy(index, l.attempt, 0)
      elseif l and l.holder ~= holder and isLive(l.holder) then
        add(leased, index, index)
      elseif r and r.attempt > attempt then
        -- in steps, so that entries due about together travel as one message
        claimedBy(index, r.attempt, math.ceil(max(0, r.due - now) / DUE_STEP) * DUE_STEP)
      else
        add(yours, index, index)
      end
    end
  end
end

redis.call('HSET', META, 'clock', a.clock, 'seen', now, 'known', max(a.known, last + 1), 'highest', max(a.highest, last + 1))
if yours.n > 0 then
  cutLeases(held, yours)
  for i = 1, yours.n, 2 do
    if #waiting > 0 then redis.call('ZREMRANGEBYSCORE', RETRIES, yours[i], yours[i + 1]) end
    writeLease(yours[i], yours[i + 1], attempt, a.clock, holder)
  end
  if a.started == 0 then redis.call('HSET', META, 'started', now) end
end
-- asking shows that the asker lives
redis.call('HSET', HOLDERS, holder, a.clock)
local suspects, condemned, prime = {n = 0}, {n = 0}, {n = 0}
if a.crashes > 0 then
  for i = 1, yours.n, 2 do
    for index = yours[i], yours[i + 1] do
      local crashes = redis.call('HGET', CRASHES, string.format('%.0f', index))
      if crashes and tonumber(crashes) >= a.maxCrashes then add(condemned, index, index) end
    end
  end
end
local free = minus(yours, condemned)
if a.suspects > 0 and free.n > 0 then suspects, prime = suspected(free) end
local reply = {format(yours), format(done), format(leased), format(suspects), format(condemned), format(prime)}
for _, group in ipairs(groups) do
  reply[#reply + 1], reply[#reply + 2], reply[#reply + 3] = group.attempt, group.delay, format(group.ranges)
end
return reply
