-- ARGV: first and last index.
local a, refusal = account()
if not a then return refusal end
return redis.call('ZRANGEBYSCORE', COPIES, tonumber(ARGV[1]) - REACH + 1, ARGV[2])
