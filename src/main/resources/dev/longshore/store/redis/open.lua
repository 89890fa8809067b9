-- ARGV: spec, inline data ('' for none), how many workers an item may kill. KEYS[14] is the spec's key, KEYS[15] that of the inline data.
local a, refusal = account()
if a then return 0 end
if redis.call('EXISTS', META) == 1 then return refusal end
redis.call('HSET', META, 'format', FORMAT, 'clock', 0, 'seen', now, 'run', 1, 'epoch', 1, 'feedSeen', 0, 'activeSince', now,
  'maxCrashes', ARGV[3])
redis.call('SET', KEYS[14], ARGV[1])
if ARGV[2] ~= '' then redis.call('SET', KEYS[15], ARGV[2]) end
return 1
