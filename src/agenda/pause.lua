-- Pauses or resumes schedules. A script of its own, so that the counter tells of it like of every other change. Done once for
-- each request.
--
-- KEYS    those of the head, then
--   [11] request  STRING  what became of this request; absent before, expires
-- ARGV    those of the head, then
--   kind    "pause" | "resume"
--   id      the schedule, or "|" for all
--   note    JSON {since_ms, note, by}; "" with "resume"
--   kept    milliseconds for which the request is remembered
-- Returns {"changed" | "unchanged"}; for a request that was carried out before, what it was told then

local REQUEST = KEYS[11]
local kind, id, note, kept = ARGV[FIRST_ARG], ARGV[FIRST_ARG + 1], ARGV[FIRST_ARG + 2], ARGV[FIRST_ARG + 3]

local refused = refusal({ { 'SET', REQUEST, 'v' } })
if refused then return refused end
local before = redis.call('GET', REQUEST)
if before then return reply({ before }) end

local is_paused = redis.call('HEXISTS', PAUSED, id) == 1
local verdict = is_paused == (kind == 'pause') and 'unchanged' or 'changed'
begin()
redis.call('SET', REQUEST, verdict, 'PX', kept)
if verdict == 'unchanged' then return reply({ verdict }) end
if kind == 'pause' then
  redis.call('HSET', PAUSED, id, note)
  record_change(id, 'paused', note)
else
  redis.call('HDEL', PAUSED, id)
  record_change(id, 'resumed', '')
end
return reply({ verdict })
