-- Moves the whole state of a source from one prefix to another, and leaves word of it. Atomic, so that no daemon finds half
-- of it under either. Keys that stand under the new prefix already stay as they are.
--
-- KEYS[1], KEYS[2]  state under the old and the new prefix
-- KEYS[3]           leader under the old prefix
-- KEYS[4], ...      old and new key in turn, of everything that is moved
-- ARGV[1]           the new prefix
-- ARGV[2]           the source
-- Returns "moved" | "lives" (a daemon leads under the old prefix) | "gone" (the state there is not this source's)

if redis.call('EXISTS', KEYS[3]) == 1 then return 'lives' end
if redis.call('HGET', KEYS[1], 'source') ~= ARGV[2] or redis.call('HEXISTS', KEYS[1], 'moved_to') == 1 then
  return 'gone'
end
local fields = redis.call('HGETALL', KEYS[1])
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], unpack(fields))
redis.call('HSET', KEYS[1], 'moved_to', ARGV[1])
for index = 4, #KEYS, 2 do
  if redis.call('EXISTS', KEYS[index]) == 1 then redis.call('RENAMENX', KEYS[index], KEYS[index + 1]) end
end
return 'moved'
