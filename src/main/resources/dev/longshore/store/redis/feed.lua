-- ARGV: operation, epoch, channel, event, then what the operation needs. Reply: false when fenced.
local a, refusal = account('epoch', 'complete', 'known', 'highest', 'feedIndex', 'intakeStarted', 'succeeded', 'failed', 'skipped', 'cancelled',
  'busy', 'busyItems')
if not a then return refusal end
local operation, epoch = ARGV[1], tonumber(ARGV[2])
local changes = {'clock', a.clock, 'seen', now, 'feedSeen', a.clock}
local reply, news = 1, operation == 'complete'
local function change(name, value) changes[#changes + 1], changes[#changes + 2] = name, value end

if operation == 'restart' then
  if a.complete == 1 then return false end
  reply = a.epoch + 1
  change('epoch', reply)
  redis.call('HDEL', META, 'feedHolder')
else
  if epoch ~= a.epoch then return false end
  if a.complete == 1 then
    -- the same feed's word again: its first reply was lost
    if operation == 'complete' then return 1 end
    return false
  end
  if operation == 'begin' then
    if a.intakeStarted == 0 then change('intakeStarted', now) end
    change('feedHolder', ARGV[5])
    reply = {redis.call('HGET', META, 'position') or '', a.feedIndex, a.known}
  elseif operation == 'announce' then
    local known = max(a.known, tonumber(ARGV[5]))
    change('known', known)
    -- at each doubling: often enough for who counts on it, and no flood from a source of many millions
    news = select(2, math.frexp(known)) > select(2, math.frexp(a.known))
  elseif operation == 'advance' then
    if tonumber(ARGV[5]) > a.feedIndex then change('intakeCrashes', 0) end
    if tonumber(ARGV[5]) >= a.feedIndex then
      change('feedIndex', ARGV[5])
      change('position', ARGV[6])
    end
    reply = {a.succeeded + a.failed + a.skipped + a.cancelled, a.busy, a.busyItems, a.failed}
  elseif operation == 'complete' then
    change('known', max(a.highest, tonumber(ARGV[5])))
    change('complete', 1)
    redis.call('HDEL', META, 'feedHolder')
  elseif operation == 'leave' then
    if redis.call('HGET', META, 'feedHolder') == ARGV[5] then redis.call('HDEL', META, 'feedHolder') end
  end
end
redis.call('HSET', META, unpack(changes))
if news then redis.call('PUBLISH', ARGV[3], ARGV[4]) end
return reply
