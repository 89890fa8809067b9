-- ARGV: where the window begins, lease time in ms, channel, event. Reply: where the next window begins; -1 behind the last one.
local a, refusal = wholeAccount('epoch')
if not a then return refusal end
if redis.call('HEXISTS', META, 'ended') == 1 then return -1 end
local start = tonumber(ARGV[1])
if a.cancel == 0 then
  a.known = max(a.known, a.highest)
  if a.complete == 0 then a.epoch = a.epoch + 1 end
  a.cancel, a.complete, a.marked, a.suspects, a.crashes, a.history = 1, 1, 0, 0, 0, 0
  -- nothing of this job will be fed again, run alone or told of
  for segment = 0, floor(a.known / SEGMENT) do redis.call('UNLINK', bitmap(MARKS, segment)) end
  redis.call('UNLINK', SUSPECTS, CRASHES, HISTORY)
  local copies = redis.call('ZRANGE', COPIES, 0, -1)
  redis.call('UNLINK', COPIES)
  for _, member in ipairs(copies) do
    local id, first = string.match(member, '^(%d+):(%d+)')
    freeUnnamed(id, tonumber(first))
  end
end

local beyond, count = min(a.known, start + WINDOW), 0
if start < beyond then
  openItems(start, beyond)
  local alive = liveHolders(a.clock, tonumber(ARGV[2]))
  for _, l in ipairs(leases(start, beyond - 1)) do
    if alive(l.holder) then
      except(start, beyond, l.first, l.last)
    else
      cutLeases({l}, {n = 2, max(l.first, start), min(l.last, beyond - 1)})
    end
  end
  count = redis.call('BITCOUNT', OPEN)
  if count > 0 then
    put(FINAL, start)
    put(NOT, start)
    put(CANCELLED, start)
    -- what is leased has no retry entry
    redis.call('ZREMRANGEBYSCORE', RETRIES, start, beyond - 1)
    a.cancelled = a.cancelled + count
    redis.call('HSET', META, 'last', now)
  end
  swept()
end
save(a, 'cancel', 1, 'complete', 1, 'epoch', a.epoch)
if count > 0 and allFinal(a) then redis.call('PUBLISH', ARGV[3], ARGV[4]) end
return beyond < a.known and beyond or -1
