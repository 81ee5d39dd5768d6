/**
 * Puts viewers of one session and takes others out, in one step and by Redis' own clock, so that the gateways' clocks do not matter.
 *
 * KEYS[1] viewers of the session: hash, id → `<end of its life, ms> <viewer as JSON>`
 * ARGV[1] lifetime, ms; ARGV[2] how many are put; then id and JSON of each; then the ids of those who leave
 * Result: 1 when anybody is new, different or gone, those included whose time is up; else 0.
 */
export const UPDATE_VIEWERS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = string.format('%d ', now + ARGV[1])
local changed = 0

local known = {}
local entries = redis.call('HGETALL', KEYS[1])
for i = 1, #entries, 2 do
  local at, viewer = entries[i + 1]:match('^(%d+) (.*)$')
  if at and tonumber(at) > now then
    known[entries[i]] = viewer
  else
    redis.call('HDEL', KEYS[1], entries[i])
    changed = 1
  end
end

local leaving = 3 + 2 * ARGV[2]
for i = 3, leaving - 1, 2 do
  if known[ARGV[i]] ~= ARGV[i + 1] then changed = 1 end
  redis.call('HSET', KEYS[1], ARGV[i], ends .. ARGV[i + 1])
end
for i = leaving, #ARGV do
  if redis.call('HDEL', KEYS[1], ARGV[i]) == 1 then changed = 1 end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return changed
`;
