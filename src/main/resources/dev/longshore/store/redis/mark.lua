-- ARGV: where the window begins, lease time in ms, grace of retry entries in ms, 1 when all that is open is marked and not only what nobody
-- will bring. Reply: where the next window begins (-1 behind the last one), how many it marked.
local a, refusal = account('known', 'cancel', 'marked')
if not a then return refusal end
local start, everything = tonumber(ARGV[1]), ARGV[4] == '1'
local beyond = min(a.known, start + WINDOW)
if a.cancel == 1 or start >= beyond then return {-1, 0} end

openItems(start, beyond)
if a.marked > 0 then exceptBits(MARKS, start) end
if not everything then
  local alive = liveHolders(a.clock, tonumber(ARGV[2]))
  for _, l in ipairs(leases(start, beyond - 1)) do
    if alive(l.holder) then except(start, beyond, l.first, l.last) end
  end
  for _, r in ipairs(retries(start, beyond - 1)) do
    if now < r.due + tonumber(ARGV[3]) then except(start, beyond, r.index, r.index) end
  end
end
local count = redis.call('BITCOUNT', OPEN)
if count > 0 then
  put(MARKS, start)
  redis.call('HSET', META, 'clock', a.clock, 'seen', now, 'marked', a.marked + count)
end
swept()
return {beyond < a.known and beyond or -1, count}
