-- Claims the state under a prefix for one source of schedules, or tells whose it is. Atomic, so that two daemons of different
-- sources that start together cannot both claim it.
--
-- KEYS[1] state   HASH {format, source, repairs, moved_to}
-- ARGV[1] format  of the state that this daemon writes
-- ARGV[2] source  whose schedules they are
-- Returns {"ok" | "new" | "moved" | "format" | "source", what stands there instead}

local STATE, format, source = KEYS[1], ARGV[1], ARGV[2]
local moved_to = redis.call('HGET', STATE, 'moved_to')
if moved_to then return { 'moved', moved_to } end
local found = redis.call('HMGET', STATE, 'format', 'source')
if found[1] and tonumber(found[1]) > tonumber(format) then return { 'format', found[1] } end
if found[2] and found[2] ~= source then return { 'source', found[2] } end
redis.call('HSET', STATE, 'format', format, 'source', source)
if not found[2] then return { 'new', '' } end
return { 'ok', '' }
