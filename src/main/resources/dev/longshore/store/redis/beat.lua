-- ARGV: holder.
local a, refusal = account()
if not a then return refusal end
tick(a)
redis.call('HSET', HOLDERS, ARGV[1], a.clock)
return 1
