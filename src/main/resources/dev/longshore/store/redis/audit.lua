-- ARGV: lease time in ms, grace of retry entries in ms, 1 when results are kept. Counts everything anew, writes nothing but the clock.
-- Reply: known, complete, succeeded, failed, skipped, cancelled, final bits, not-succeeded bits, leased, retrying, results, missing, violations.
local a, refusal = account('known', 'complete', 'succeeded', 'failed', 'skipped', 'cancelled', 'marked', 'suspects', 'crashes', 'history')
if not a then return refusal end
tick(a)
local violations = {}
local function violated(text, ...) violations[#violations + 1] = string.format(text, ...) end

-- bitmaps
local ones = {[0] = 0}
for byte = 1, 255 do ones[byte] = ones[floor(byte / 2)] + byte % 2 end
local bases = {FINAL, NOT, FAILED, SKIPPED, CANCELLED}
local total, beyond, notFinal, unlike, doubled = {0, 0, 0, 0, 0}, 0, 0, 0, 0
local segment = 0
while true do
  local text, longest, found = {}, 0, false
  for i, base in ipairs(bases) do
    local key = base .. ':' .. string.format('%.0f', segment)
    local count = redis.call('BITCOUNT', key)
    total[i] = total[i] + count
    found = found or redis.call('EXISTS', key) == 1
    local limit = max(0, a.known - segment * SEGMENT)
    if count > 0 and limit < SEGMENT then beyond = beyond + redis.call('BITCOUNT', key, limit, SEGMENT - 1, 'BIT') end
    text[i] = ''
    if i > 1 and count > 0 then
      text[i] = redis.call('GET', key)
      longest = max(longest, #text[i])
    end
  end
  if longest > 0 then text[1] = redis.call('GET', FINAL .. ':' .. string.format('%.0f', segment)) or '' end
  for at = 1, longest do
    local final, no, failed = string.byte(text[1], at) or 0, string.byte(text[2], at) or 0, string.byte(text[3], at) or 0
    local skipped, cancelled = string.byte(text[4], at) or 0, string.byte(text[5], at) or 0
    if no ~= 0 or failed ~= 0 or skipped ~= 0 or cancelled ~= 0 then
      notFinal = notFinal + ones[bit.band(no, 255 - final)]
      unlike = unlike + ones[bit.bxor(no, bit.bor(failed, skipped, cancelled))]
      doubled = doubled + ones[failed] + ones[skipped] + ones[cancelled] - ones[bit.bor(failed, skipped, cancelled)]
    end
  end
  segment = segment + 1
  if not found and segment * SEGMENT >= a.known then break end
end
if beyond > 0 then violated('%.0f bits are set at or above the %.0f known items', beyond, a.known) end
if notFinal > 0 then violated('%.0f items are marked as not succeeded but not as final', notFinal) end
if unlike > 0 then violated('%.0f items differ between the not-succeeded marks and the failed, skipped and cancelled ones', unlike) end
if doubled > 0 then violated('%.0f items are marked with more than one of failed, skipped and cancelled', doubled) end
local function compare(name, bitsSet, counted)
  if bitsSet ~= counted then violated('%.0f items are marked %s but %.0f are counted', bitsSet, name, counted) end
end
compare('final', total[1], a.succeeded + a.failed + a.skipped + a.cancelled)
compare('succeeded', total[1] - total[2], a.succeeded)
compare('failed', total[3], a.failed)
compare('skipped', total[4], a.skipped)
compare('cancelled', total[5], a.cancelled)

-- what is remembered of single items is remembered only while it is of use
local marked = runs(MARKS, 0, a.known + SEGMENT, 1000000)
local function openOnly(what, ranges)
  for i = 1, ranges.n, 2 do
    local final = countBits(FINAL, ranges[i], ranges[i + 1])
    if final > 0 or ranges[i + 1] >= a.known then
      violated('items %.0f-%.0f are %s, and %.0f of them are final; %.0f are known', ranges[i], ranges[i + 1], what, final, a.known)
    end
  end
end
local function fields(key)
  local list = {}
  for _, index in ipairs(redis.call('HKEYS', key)) do list[#list + 1] = {tonumber(index), tonumber(index)} end
  return sorted(list)
end
openOnly('marked to be fed again', marked)
local suspects = {n = 0}
for _, member in ipairs(redis.call('ZRANGE', SUSPECTS, 0, -1)) do
  local range = parse(string.match(member, '^[^:]+'))
  add(suspects, range[1], range[2])
end
openOnly('suspect', suspects)
openOnly('charged with crashes', fields(CRASHES))
openOnly('with remembered attempts', fields(HISTORY))
for name, is in pairs({marked = size(marked), suspects = redis.call('ZCARD', SUSPECTS), crashes = redis.call('HLEN', CRASHES),
    history = redis.call('HLEN', HISTORY)}) do
  if is ~= a[name] then violated('%s: %.0f are there but %.0f are counted', name, is, a[name]) end
end
for _, member in ipairs(redis.call('ZRANGE', COPIES, 0, -1)) do
  local id, text = string.match(member, '^(%d+):(.*)$')
  if redis.call('HEXISTS', BLOBS, id) == 0 then violated('copies of %s are in blob %s, which is not there', text, id) end
  local copied = parse(text)
  for i = 1, copied.n, 2 do
    if countBits(MARKS, copied[i], copied[i + 1]) ~= copied[i + 1] - copied[i] + 1 then
      violated('copies of %.0f-%.0f are kept and not all of these are to be fed again', copied[i], copied[i + 1])
    end
  end
end
local grouped, scores = 0, redis.call('ZRANGE', GROUPS, 0, -1, 'WITHSCORES')
for i = 2, #scores, 2 do grouped = grouped + tonumber(scores[i]) end
if grouped ~= a.failed then violated('%.0f failures are grouped but %.0f are counted', grouped, a.failed) end

-- leases and retry entries
local alive, covered = liveHolders(a.clock, tonumber(ARGV[1])), {}
local leased, reached = 0, -1
local held = redis.call('ZRANGE', LEASES, 0, -1)
for i, member in ipairs(held) do
  local l = lease(member)
  held[i] = l
  leased = leased + l.last - l.first + 1
  if l.first <= reached then violated('item %.0f is under two leases', l.first) end
  reached = max(reached, l.last)
  local final = countBits(FINAL, l.first, l.last)
  if final > 0 then violated('%.0f final items of %.0f-%.0f are still leased', final, l.first, l.last) end
  if alive(l.holder) then covered[#covered + 1] = {l.first, l.last} end
end
local entries, previous, under = redis.call('ZRANGE', RETRIES, 0, -1), -1, 1
for _, member in ipairs(entries) do
  local r = retry(member)
  if r.index == previous then violated('item %.0f has two retry entries', r.index) end
  previous = r.index
  while held[under] and held[under].last < r.index do under = under + 1 end
  if held[under] and held[under].first <= r.index then violated('item %.0f has a lease and a retry entry', r.index) end
  if countBits(FINAL, r.index, r.index) > 0 then violated('final item %.0f still has a retry entry', r.index) end
  if now < r.due + tonumber(ARGV[2]) then covered[#covered + 1] = {r.index, r.index} end
end
local pending = a.known - leased - #entries - a.succeeded - a.failed - a.skipped - a.cancelled
for name, value in pairs({pending = pending, succeeded = a.succeeded, failed = a.failed, skipped = a.skipped, cancelled = a.cancelled}) do
  if value < 0 then violated('%s is %.0f', name, value) end
end

-- results
local results = -1
if ARGV[3] == '1' then
  local masks = {}
  results = 0
  for _, member in ipairs(redis.call('ZRANGE', MASKS, 0, -1)) do
    local id, text = string.match(member, '^(%d+):(.*)$')
    local mask = parse(text)
    results = results + size(mask)
    for i = 1, mask.n, 2 do masks[#masks + 1] = {mask[i], mask[i + 1], id} end
  end
  table.sort(masks, function(x, y) return x[1] < y[1] end)
  local twice, loose, till = 0, 0, -1
  for _, range in ipairs(masks) do
    twice = twice + max(0, min(till, range[2]) - range[1] + 1)
    till = max(till, range[2])
    loose = loose + range[2] - range[1] + 1 - countBits(FINAL, range[1], range[2])
  end
  if twice > 0 then violated('%.0f items have more than one result', twice) end
  if loose > 0 then violated('%.0f items have a result but are not final', loose) end
end

-- what nobody will bring
for i = 1, marked.n, 2 do covered[#covered + 1] = {marked[i], marked[i + 1]} end
table.sort(covered, function(x, y) return x[1] < y[1] end)
local missing, next = {n = 0}, 1
local function miss(first, last)
  while covered[next] and covered[next][2] < first do next = next + 1 end
  local at = next
  while covered[at] and covered[at][1] <= last do
    if covered[at][1] > first then add(missing, first, covered[at][1] - 1) end
    first = max(first, covered[at][2] + 1)
    at = at + 1
  end
  if first <= last then add(missing, first, last) end
end
local start = 0
while start < a.known and missing.n <= 2000 do
  local key, limit, at = FINAL .. ':' .. string.format('%.0f', start / SEGMENT), min(SEGMENT, a.known - start), 0
  local stored = redis.call('STRLEN', key) * 8
  while at < limit and missing.n <= 2000 do
    local first, till = at, limit
    if at < stored then
      first = redis.call('BITPOS', key, 0, at, -1, 'BIT')
      if first < 0 then first = stored end
      local one = first < stored and redis.call('BITPOS', key, 1, first, -1, 'BIT') or -1
      if one >= 0 then till = min(limit, one) end
    end
    if first < till then miss(start + first, start + till - 1) end
    at = till
  end
  start = start + SEGMENT
end
if missing.n > 2000 then missing.n = 2000 end
return {a.known, a.complete, a.succeeded, a.failed, a.skipped, a.cancelled, total[1], total[2], leased, #entries, results, format(missing),
  violations}
