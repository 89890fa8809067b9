-- KEYS: the account's meta and inside. ARGV: format, holder, indexes ('' for none). Without the prelude: this runs before every call.
local format = redis.call('HGET', KEYS[1], 'format')
if not format then return redis.error_reply('GONE no account') end
if tonumber(format) > tonumber(ARGV[1]) then return redis.error_reply('FORMAT ' .. format) end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[2], ARGV[2])
else
  redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
end
return 1
