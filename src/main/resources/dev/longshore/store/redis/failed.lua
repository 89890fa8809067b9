-- ARGV: how many ranges at most.
local a, refusal = account('known')
if not a then return refusal end
return format(runs(FAILED, 0, a.known, tonumber(ARGV[1])))
