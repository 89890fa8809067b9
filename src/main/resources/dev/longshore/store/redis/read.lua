-- Reply: the sums that are no fields, the account's fields, and the ten most frequent failures.
local a, refusal = account('feedSeen', 'gapsSeen', 'activeBefore', 'activeSince', 'complete', 'marked')
if not a then return refusal end
local inFlight = 0
for _, member in ipairs(redis.call('ZRANGE', LEASES, 0, -1)) do
  local first, last = string.match(member, '^(%d+)%-(%d+)')
  inFlight = inFlight + last - first + 1
end
-- Leases and feeds are measured by the clock; a job that has none of them costs a store no write.
if inFlight > 0 or a.complete == 0 or a.marked > 0 then tick(a) end
local reply = {inFlight, redis.call('ZCARD', RETRIES), a.clock - a.feedSeen, a.clock - a.gapsSeen,
  a.activeBefore + (a.activeSince > 0 and max(0, now - a.activeSince) or 0), redis.call('HMGET', META, unpack(ARGV))}
local top = redis.call('ZREVRANGE', GROUPS, 0, 9, 'WITHSCORES')
for i = 1, #top, 2 do
  reply[#reply + 1], reply[#reply + 2], reply[#reply + 3] = top[i], top[i + 1], redis.call('HGET', EXAMPLES, top[i]) or ''
end
return reply
