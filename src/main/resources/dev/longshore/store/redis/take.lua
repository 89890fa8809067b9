-- ARGV: indexes, attempt, holder, lease time in ms. Reply: yours, done, leased, then attempt, delay in ms, indexes of each newer claim.
local a, refusal = account('known', 'highest', 'started')
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
local reply = {format(yours), format(done), format(leased)}
for _, group in ipairs(groups) do
  reply[#reply + 1], reply[#reply + 2], reply[#reply + 3] = group.attempt, group.delay, format(group.ranges)
end
return reply
