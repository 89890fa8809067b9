-- ARGV: holder.
local a, refusal = account()
if not a then return refusal end
return format(insideOf(ARGV[1]))
