-- ARGV: how many at most. Reply: fingerprint, count, example of each, most frequent first.
local a, refusal = account()
if not a then return refusal end
local reply = {}
local top = redis.call('ZREVRANGE', GROUPS, 0, tonumber(ARGV[1]) - 1, 'WITHSCORES')
for i = 1, #top, 2 do
  reply[#reply + 1], reply[#reply + 2], reply[#reply + 3] = top[i], top[i + 1], redis.call('HGET', EXAMPLES, top[i]) or ''
end
return reply
