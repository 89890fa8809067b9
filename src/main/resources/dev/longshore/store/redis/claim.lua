-- KEYS[1]: what the claims' keys begin with. ARGV: window in ms, asker, then digest, index and the value that may be taken over ('' for none)
-- of each. Reply: the value of each claim.
local reply = {}
for at = 3, #ARGV, 3 do
  local key, mine, void = KEYS[1] .. ARGV[at], ARGV[2] .. ARGV[at + 1], ARGV[at + 2]
  local value = redis.call('GET', key)
  if not value or (void ~= '' and value == void) then
    redis.call('SET', key, mine, 'PX', ARGV[1])
    value = mine
  end
  reply[#reply + 1] = value
end
return reply
