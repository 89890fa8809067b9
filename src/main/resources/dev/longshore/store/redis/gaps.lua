-- ARGV: operation, then what it needs. Reply: false when fenced, or when there is nothing to begin with.
local a, refusal = wholeAccount('gapsEpoch')
if not a then return refusal end
local operation = ARGV[1]

-- after marking: a new epoch when anything was marked
if operation == 'marked' or operation == 'restart' then
  if operation == 'restart' and a.marked == 0 then return false end
  if operation == 'restart' or ARGV[2] ~= '0' then
    a.gapsEpoch = a.gapsEpoch + 1
    redis.call('HSET', META, 'clock', a.clock, 'seen', now, 'gapsEpoch', a.gapsEpoch, 'gapsSeen', a.clock)
  end
  return {a.gapsEpoch, a.marked}
end

if tonumber(ARGV[2]) ~= a.gapsEpoch then return false end
if operation == 'fed' then unmark(a, parse(ARGV[3])) end
save(a, 'gapsSeen', a.clock)
if operation == 'list' then return format(runs(MARKS, tonumber(ARGV[3]), a.known, tonumber(ARGV[4]))) end
return 1
