-- ARGV: holder, then indexes and attempt; without these all that the holder has, and the holder is forgotten.
local a, refusal = account()
if not a then return refusal end
local holder, asked, attempt = ARGV[1], ARGV[2] and parse(ARGV[2]), tonumber(ARGV[3])
local held = asked and leases(asked[1], asked[asked.n]) or redis.call('ZRANGE', LEASES, 0, -1)
for _, l in ipairs(held) do
  if not asked then l = lease(l) end
  if l.holder == holder and (not asked or l.attempt == attempt) then
    local kept, given = {n = 0}, {n = 0}
    if asked then subtract(l.first, l.last, asked, kept) end
    subtract(l.first, l.last, kept, given)
    cutLeases({l}, given)
    for i = 1, given.n, 2 do giveBack(given[i], given[i + 1], l.attempt, holder) end
  end
end
if not asked then redis.call('HDEL', HOLDERS, holder) end
tick(a)
return 1
