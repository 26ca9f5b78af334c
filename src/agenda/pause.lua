-- Pauses or resumes schedules. A script of its own, so that the counter tells of it like of every other change.
--
-- KEYS    those of the head
-- ARGV    those of the head, then
--   kind    "pause" | "resume"
--   id      the schedule, or "|" for all
--   note    JSON {since_ms, note}; "" with "resume"
-- Returns {"changed" | "unchanged"}

local refused = refusal()
if refused then return refused end

local kind, id, note = ARGV[FIRST_ARG], ARGV[FIRST_ARG + 1], ARGV[FIRST_ARG + 2]
local is_paused = redis.call('HEXISTS', PAUSED, id) == 1
if is_paused == (kind == 'pause') then return reply({ 'unchanged' }) end
begin()
if kind == 'pause' then
  redis.call('HSET', PAUSED, id, note)
  record_change(id, 'paused', note)
else
  redis.call('HDEL', PAUSED, id)
  record_change(id, 'resumed', '')
end
return reply({ 'changed' })
