/**
 * Stores the checkpoint of a run beside its log, in one step, so that it can neither outlive the log nor bring back one that was deleted.
 *
 * KEYS[1] screen of the run: hash; KEYS[2] log of the same run
 * ARGV[1] offset; ARGV[2] cols; ARGV[3] rows; ARGV[4] losses; ARGV[5] serialized
 * Result: 1 when it is stored; 0 when the run has no output in its log, or a later checkpoint is there.
 */
export const SAVE_SCREEN = `
if redis.call('XLEN', KEYS[2]) == 0 then return 0 end
local stored = redis.call('HGET', KEYS[1], 'offset')
if stored and tonumber(stored) > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'offset', ARGV[1], 'cols', ARGV[2], 'rows', ARGV[3], 'losses', ARGV[4], 'serialized', ARGV[5])
local left = redis.call('PTTL', KEYS[2])
if left > 0 then redis.call('PEXPIRE', KEYS[1], left) end
return 1
`;
