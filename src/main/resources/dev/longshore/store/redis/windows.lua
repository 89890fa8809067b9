-- Stands behind the prelude where bitmaps are worked on by whole windows. A window lies in one segment and begins at a whole byte; OPEN, OTHER
-- and BOTH are there only while a script runs, and begin with the window.
local WINDOW = 131072
local OPEN, OTHER, BOTH = MARKS .. ':open', MARKS .. ':other', MARKS .. ':both'

-- Copies a bitmap's window of so many bytes into OTHER. Returns the bitmap's key and the window's first byte in it.
local function load(base, start, length)
  local segment = floor(start / SEGMENT)
  local key, byte = bitmap(base, segment), (start - segment * SEGMENT) / 8
  redis.call('SET', OTHER, redis.call('GETRANGE', key, byte, byte + length - 1))
  return key, byte
end

-- Leaves in OPEN the items from `start` to below `beyond` that are not final.
local function openItems(start, beyond)
  local odd = (beyond - start) % 8
  redis.call('SET', OPEN, string.rep('\255', floor((beyond - start) / 8)) .. (odd > 0 and string.char(256 - 2 ^ (8 - odd)) or ''))
  load(FINAL, start, redis.call('STRLEN', OPEN))
  redis.call('BITOP', 'XOR', OPEN, OPEN, OTHER)
end

-- Takes what first..last has of the window out of OPEN.
local function except(start, beyond, first, last)
  first, last = max(first, start), min(last, beyond - 1)
  if first <= last then fill(OPEN, first - start, last - start, true) end
end

-- Takes what the bitmap has out of OPEN.
local function exceptBits(base, start)
  load(base, start, redis.call('STRLEN', OPEN))
  redis.call('BITOP', 'AND', BOTH, OPEN, OTHER)
  redis.call('BITOP', 'XOR', OPEN, OPEN, BOTH)
end

-- Sets in the bitmap what OPEN has.
local function put(base, start)
  local key, byte = load(base, start, redis.call('STRLEN', OPEN))
  redis.call('BITOP', 'OR', OTHER, OTHER, OPEN)
  redis.call('SETRANGE', key, byte, redis.call('GET', OTHER))
end

local function swept()
  redis.call('UNLINK', OPEN, OTHER, BOTH)
end
