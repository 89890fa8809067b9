-- Removes all keys of the job, those without an account as well.
local known = max(tonumber(redis.call('HGET', META, 'known') or 0), tonumber(redis.call('HGET', META, 'highest') or 0))
for _, base in ipairs({FINAL, NOT, FAILED, SKIPPED, CANCELLED, MARKS}) do
  local segment = 0
  while redis.call('UNLINK', base .. ':' .. string.format('%.0f', segment)) == 1 or segment * SEGMENT < known do segment = segment + 1 end
end
redis.call('UNLINK', unpack(KEYS))
return 1
