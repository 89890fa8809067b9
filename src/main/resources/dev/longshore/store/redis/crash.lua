-- ARGV: holder, 1 when nothing else was inside that worker, channel, event. Reply: suspects, charged.
local a, refusal = wholeAccount('maxCrashes', 'intakeCrashes', 'feedIndex')
if not a then return refusal end
local holder = ARGV[1]
local suspects, charged = insideOf(holder), ''
giveAllBack(a, holder)
if a.cancel == 0 and suspects.n > 0 then
  unsuspect(a, suspects)
  suspect(a, suspects, redis.call('HINCRBY', META, 'suspectCrashes', 1))
  if ARGV[2] == '1' and size(suspects) == 1 then
    charged = format(suspects)
    redis.call('HINCRBY', CRASHES, charged, 1)
    a.crashes = redis.call('HLEN', CRASHES)
  end
end
local failed = false
if redis.call('HGET', META, 'feedHolder') == holder then
  redis.call('HDEL', META, 'feedHolder')
  if suspects.n == 0 and a.complete == 0 then
    a.intakeCrashes = a.intakeCrashes + 1
    if a.intakeCrashes >= a.maxCrashes and redis.call('HSETNX', META, 'failReason', 'IntakeCrashed') == 1 then
      failed = true
      local position = redis.call('HGET', META, 'position')
      redis.call('HSET', META, 'failMessage', string.format('reading the source has killed %d workers in a row at item %.0f', a.intakeCrashes,
        a.feedIndex) .. (position and ', position ' .. position or ''))
    end
  end
end
save(a, 'intakeCrashes', a.intakeCrashes)
if failed then redis.call('PUBLISH', ARGV[3], ARGV[4]) end
return {format(suspects), charged}
