-- ARGV: first and last index of the window, lowest score of blobs. Reply: known items; of the window all final, failed, skipped and cancelled
-- indexes; the masks of the blobs that begin up to its end.
local a, refusal = account('known')
if not a then return refusal end
local first, last = tonumber(ARGV[1]), tonumber(ARGV[2])

local function marked(base)
  local count = countBits(base, first, last)
  if count == 0 then return '' end
  if count == last - first + 1 then return string.format('%.0f-%.0f', first, last) end
  local isSet, ranges = bits(base, first, last), {n = 0}
  for index = first, last do
    if isSet(index) then add(ranges, index, index) end
  end
  return format(ranges)
end

return {a.known, marked(FINAL), marked(FAILED), marked(SKIPPED), marked(CANCELLED), redis.call('ZRANGEBYSCORE', MASKS, ARGV[3], last)}
