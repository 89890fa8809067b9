-- ARGV: holder, then indexes and attempt; or '' and an age in ms: what it took as long ago; or neither: all, and the holder is forgotten.
local a, refusal = wholeAccount()
if not a then return refusal end
local holder, attempt = ARGV[1], tonumber(ARGV[3])
if ARGV[2] == '' then
  for _, l in ipairs(leasesOf(holder)) do
    if a.clock - tonumber(l.since) >= tonumber(ARGV[3]) then giveBack(a, l, {n = 2, l.first, l.last}) end
  end
elseif ARGV[2] then
  local asked = parse(ARGV[2])
  for _, l in ipairs(leases(asked[1], asked[asked.n])) do
    if l.holder == holder and l.attempt == attempt then giveBack(a, l, common({n = 2, l.first, l.last}, asked)) end
  end
else
  giveAllBack(a, holder)
end
if a.cancel == 1 then save(a) else tick(a) end
return 1
