-- Writes back what a daemon remembers after Redis came back with an older state. Atomic per batch; a schedule whose record
-- is as new as the memory, or newer, is left alone, so that several daemons may do this one after the other.
--
-- KEYS    those of the head, then KEYS[11] state HASH {format, source, repairs, moved_to}
-- ARGV    those of the head with generation 0, then
--   seen       the highest generation that the daemon has seen
--   format, source   as the state was claimed with
--   last       "1" with the last batch: the pauses are written, and the repair is counted. Only then the counter stands above
--              all that any daemon has seen: before, schedules that are not restored yet must not fire
--   pauses     number of values that follow: id and JSON of each pause in turn
--   then per schedule:
--     id
--     settled      record as remembered: "due wall", or "" when it never fired
--     due, score, plan      the occurrence that is planned, or "" "" ""
--     definition   JSON, or ""
--     last job     JSON of the last job placed, "" when not known
--     lost due, lost until, lost count   occurrences settled since that Redis knows nothing of, or "" "" ""
--     known        due instant of the record settled here that `lost` was counted from, "" for none
-- Returns per schedule "restored", "newer" (nothing done) or "again" (nothing done: `known` is not what is here now); and
-- "moved" alone when the state was moved to another prefix

local STATE = KEYS[11]
if redis.call('HGET', STATE, 'moved_to') then return reply({ 'moved' }) end
local refused = refusal({ { 'SET', GENERATION, '1' }, { 'DEL', PAUSED }, { 'HINCRBY', STATE, 'f', '1' } })
if refused then return refused end

local cursor = FIRST_ARG - 1
local function take()
  cursor = cursor + 1
  return ARGV[cursor]
end

local seen, format, source, last = tonumber(take()), take(), take(), take()
local pauses = {}
for _ = 1, tonumber(take()) do pauses[#pauses + 1] = take() end

local function is_newer(operation, before, planned_due)
  if operation.settled == '' then return before or planned_due end
  local due = due_of(before)
  return due and due >= due_of(operation.settled)
end

local function restore(operation)
  local before = redis.call('HGET', SETTLED, operation.id)
  local planned_due = due_of(redis.call('HGET', PLANNED, operation.id))
  if is_newer(operation, before, planned_due) then return 'newer' end
  local due = due_of(before)
  if (due and int(due) or '') ~= operation.known then return 'again' end
  if planned_due then redis.call('ZREM', AGENDA, operation.id .. '|' .. int(planned_due)) end
  if operation.settled ~= '' then redis.call('HSET', SETTLED, operation.id, operation.settled) end
  if operation.definition ~= '' then redis.call('HSET', DEFINITIONS, operation.id, operation.definition) end
  if operation.last_job ~= '' then redis.call('HSET', LAST_JOB, operation.id, operation.last_job) end
  if operation.due == '' then
    redis.call('HDEL', PLANNED, operation.id)
  else
    redis.call('ZADD', AGENDA, operation.score, operation.id .. '|' .. operation.due)
    redis.call('HSET', PLANNED, operation.id, operation.plan)
  end
  if operation.lost_due ~= '' then
    record({ schedule = operation.id, due = operation.lost_due, outcome = 'lost',
      reason = 'settled, and then Redis came back with an older state: a job that was placed may be gone',
      ['until'] = operation.lost_until, count = operation.lost_count })
  end
  return 'restored'
end

local generation = tonumber(redis.call('GET', GENERATION) or 0)
-- First the counter, as everywhere.
redis.call('SET', GENERATION, int(last == '1' and math.max(generation, seen) + 1 or generation))
redis.call('HSET', STATE, 'format', format, 'source', source)

local verdicts = {}
while cursor < #ARGV do
  verdicts[#verdicts + 1] = restore({ id = take(), settled = take(), due = take(), score = take(), plan = take(),
    definition = take(), last_job = take(), lost_due = take(), lost_until = take(), lost_count = take(),
    known = take() })
end
if last == '1' then
  redis.call('DEL', PAUSED)
  if #pauses > 0 then redis.call('HSET', PAUSED, unpack(pauses)) end
  redis.call('HINCRBY', STATE, 'repairs', 1)
end
return reply(verdicts)
