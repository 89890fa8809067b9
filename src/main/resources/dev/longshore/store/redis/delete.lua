-- ARGV: for how many ms identities, and which of their items succeeded, are kept; 0 keeps nothing. Removes all other keys of the job, those
-- without an account as well; what an earlier deletion has kept stays.
local IDS, SUCCEEDED, BUCKETS, kept = KEYS[23], KEYS[24], 1024, tonumber(ARGV[1])
local known = max(tonumber(redis.call('HGET', META, 'known') or 0), tonumber(redis.call('HGET', META, 'highest') or 0))
if redis.call('HEXISTS', META, 'identified') == 1 then
  for bucket = 0, BUCKETS - 1 do
    local key = IDS .. ':' .. bucket
    if kept > 0 then redis.call('PEXPIRE', key, kept) else redis.call('UNLINK', key) end
  end
  -- tells that there is something of it to be found
  if kept > 0 then redis.call('SET', IDS .. ':kept', 1, 'PX', kept) end
  local segment = 0
  while kept > 0 and segment * SEGMENT < known do
    local suffix = ':' .. string.format('%.0f', segment)
    -- whatever is not succeeded is final too
    redis.call('BITOP', 'XOR', SUCCEEDED .. suffix, FINAL .. suffix, NOT .. suffix)
    redis.call('PEXPIRE', SUCCEEDED .. suffix, kept)
    segment = segment + 1
  end
end
for _, base in ipairs({FINAL, NOT, FAILED, SKIPPED, CANCELLED, MARKS}) do
  local segment = 0
  while redis.call('UNLINK', base .. ':' .. string.format('%.0f', segment)) == 1 or segment * SEGMENT < known do segment = segment + 1 end
end
redis.call('UNLINK', unpack(KEYS))
return 1
