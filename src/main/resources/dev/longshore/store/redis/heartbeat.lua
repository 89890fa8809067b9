-- KEYS[1]: the pool's heartbeats. ARGV: pod, heartbeat. Its time is Redis's own.
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], ARGV[1], time[1] .. string.format('%03d', math.floor(tonumber(time[2]) / 1000)) .. ' ' .. ARGV[2])
return 1
