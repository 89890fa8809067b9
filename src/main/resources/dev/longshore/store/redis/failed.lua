-- ARGV: how many ranges at most.
local a, refusal = account('known')
if not a then return refusal end
local found, most = {n = 0}, tonumber(ARGV[1]) * 2
local start = 0
while start < a.known and found.n <= most do
  local key, at = FAILED .. ':' .. string.format('%.0f', start / SEGMENT), 0
  while at >= 0 and at < SEGMENT and found.n <= most do
    local first = redis.call('BITPOS', key, 1, at, -1, 'BIT')
    if first < 0 then break end
    local beyond = redis.call('BITPOS', key, 0, first, SEGMENT - 1, 'BIT')
    -- all ones to the end of what is stored; the run may go on in the next segment
    if beyond < 0 then beyond = redis.call('STRLEN', key) * 8 end
    add(found, start + first, start + beyond - 1)
    at = beyond
  end
  start = start + SEGMENT
end
if found.n > most then found.n = most end
return format(found)
