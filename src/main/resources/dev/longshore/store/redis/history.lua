-- ARGV: indexes. Reply: each one's remembered attempts, or false.
local a, refusal = account()
if not a then return refusal end
return redis.call('HMGET', HISTORY, unpack(ARGV))
