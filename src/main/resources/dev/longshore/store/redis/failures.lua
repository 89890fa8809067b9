-- ARGV: from which index on. Reply: the failed indexes of the window that begins with the first one (none: there are no more), and the masks
-- of the blobs that may hold them.
local a, refusal = account('known')
if not a then return refusal end
local first = runs(FAILED, tonumber(ARGV[1]), a.known, 1)
if first.n == 0 then return {'', {}} end
local failed = runs(FAILED, first[1], min(a.known, first[1] + REACH), REACH)
return {format(failed), redis.call('ZRANGEBYSCORE', MASKS, first[1] - REACH + 1, failed[failed.n])}
