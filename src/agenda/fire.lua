-- Fires: claims a planned occurrence, writes its RQ job, pushes it, plans the next occurrence and enters the ledger; or
-- settles an occurrence that is not placed. Atomic, because this is the promise: no crash, second daemon or lost reply
-- can come between the claim and the push. Safe to call again with the same arguments.
--
-- KEYS    those of the head, then as many as the operations name by their number in KEYS
-- ARGV    those of the head, then per operation:
--   id             the schedule
--   planned        due instant that must be the planned one (epoch seconds)
--   definition     "timing work": fingerprints the job was prepared from
--   due            identity of the occurrence placed or settled; later than `planned` when some were missed
--   settled        record to keep of it: "due wall"
--   outcome        what the ledger says when nothing stands in the way
--   reason         text or ""
--   missed due, missed until, missed count   first, last and number of occurrences missed before `due`, or "" "" ""
--   next due, next score, next record        the occurrence to plan, or "" "" "" when there is none
--   queue, job, timeout                      RQ queue name, job id, seconds; job "" settles without placing
--   overlap        "skip" to ask for the state of the schedule's last job, else ""
--   last job       id of the last job as the caller knows it, "" when none
--   numbers in KEYS of: rq:queues, the queue, the job, the last job, the last job's rq:wip; 0 where unused
--   fields         number of values that follow: the job hash, field and value in turn
-- Returns per operation a verdict:
--   "placed" | "settled" | "paused" | "overlap"   done now, entered in the ledger
--   "already"        done by an earlier call with this job
--   "moved"          not the planned occurrence (any more); nothing done
--   "changed"        the definition is another now; nothing done
--   "last_job ID"    the last job is another one: call again with its keys; nothing done
--   "wrong_type KEY" the queue or job key holds something else; nothing done

local WIP_READ_MAX = 1000
local cursor = FIRST_ARG - 1
local function take()
  cursor = cursor + 1
  return ARGV[cursor]
end

local function read_operation()
  local operation = {
    id = take(), planned = tonumber(take()), definition = take(), due = take(), settled = take(), outcome = take(),
    reason = take(), missed_due = take(), missed_until = take(), missed_count = take(), next_due = take(),
    next_score = take(), next_record = take(), queue = take(), job = take(), timeout = take(), overlap = take(),
    last_job = take(), k_queues = tonumber(take()), k_queue = tonumber(take()), k_job = tonumber(take()),
    k_last_job = tonumber(take()), k_wip = tonumber(take()),
  }
  operation.field_count = tonumber(take())
  operation.first_field = cursor + 1
  cursor = cursor + operation.field_count
  return operation
end

-- RQ 1.x lists a running job by its id, 2.x as "id:execution"; the score tells until when it counts as alive.
local function is_running(wip_key, job)
  local live = redis.call('ZRANGEBYSCORE', wip_key, NOW, '+inf', 'LIMIT', 0, WIP_READ_MAX)
  for _, member in ipairs(live) do
    if member == job or string.sub(member, 1, #job + 1) == job .. ':' then return true end
  end
  return false
end

-- Whether the schedule's last job still waits or runs. A guard older than twice the job's timeout is stale.
local function last_job_blocks(operation, guard)
  local timeout = tonumber(guard.timeout)
  if timeout > 0 and tonumber(guard.ms) + 2000 * timeout < NOW_MS then return false end
  local status = redis.call('HGET', KEYS[operation.k_last_job], 'status')
  if status == 'queued' or status == 'deferred' or status == 'scheduled' then return true end
  return status == 'started' and is_running(KEYS[operation.k_wip], guard.job)
end

local function wrong_type(operation)
  if not is_type(KEYS[operation.k_queue], 'list') then return KEYS[operation.k_queue] end
  if not is_type(KEYS[operation.k_queues], 'set') then return KEYS[operation.k_queues] end
  if type_of(KEYS[operation.k_job]) ~= 'none' then return KEYS[operation.k_job] end
  if operation.k_last_job > 0 and not is_type(KEYS[operation.k_last_job], 'hash') then
    return KEYS[operation.k_last_job]
  end
  if operation.k_wip > 0 and not is_type(KEYS[operation.k_wip], 'zset') then return KEYS[operation.k_wip] end
end

local all_paused = false

local function placing_verdict(operation)
  local wrong = wrong_type(operation)
  if wrong then return 'wrong_type ' .. wrong end
  if operation.overlap == 'skip' then
    local text = redis.call('HGET', LAST_JOB, operation.id)
    local guard = text and cjson.decode(text)
    local known = guard and guard.job or ''
    if known ~= operation.last_job then return 'last_job ' .. known end
    if guard and last_job_blocks(operation, guard) then return 'overlap' end
  end
  return 'placed'
end

local function placed_before(operation)
  local text = redis.call('HGET', LAST_JOB, operation.id)
  return text and cjson.decode(text).job == operation.job
end

local function verdict_of(operation)
  local plan = redis.call('HGET', PLANNED, operation.id)
  local settled_due = due_of(redis.call('HGET', SETTLED, operation.id))
  if due_of(plan) ~= operation.planned then
    if operation.job ~= '' and settled_due and placed_before(operation) then return 'already' end
    return 'moved'
  end
  local timing, work = string.match(plan, '^%S+ %S+ (%S+) (%S+)')
  if timing .. ' ' .. work ~= operation.definition then return 'changed' end
  if settled_due and tonumber(operation.due) <= settled_due then
    if settled_due <= NOW + CLOCK_ERROR_SECONDS then return 'moved' end
    operation.clock_error = settled_due
  end
  if all_paused or redis.call('HEXISTS', PAUSED, operation.id) == 1 then return 'paused' end
  if operation.job == '' then return 'settled' end
  return placing_verdict(operation)
end

-- Enters what became of the occurrence, and of those missed before it.
local function enter(operation, verdict)
  local entry = { schedule = operation.id, due = operation.due, outcome = operation.outcome,
    queue = operation.queue, reason = operation.reason }
  if verdict == 'placed' then entry.job = operation.job end
  if verdict == 'paused' then
    entry.outcome, entry.reason = 'skipped_paused', 'the schedule is paused'
  elseif verdict == 'overlap' then
    entry.outcome = 'skipped_overlap'
    entry.reason = 'the previous job ' .. operation.last_job .. ' still waits or runs'
  end
  if operation.missed_due ~= '' then
    if entry.outcome == 'skipped_paused' or entry.outcome == 'skipped_misfire' then
      -- The same happened to all of them: one entry.
      entry.due, entry['until'] = operation.missed_due, operation.due
      entry.count = int(tonumber(operation.missed_count) + 1)
    else
      record({ schedule = operation.id, due = operation.missed_due, outcome = 'skipped_misfire',
        queue = operation.queue, reason = 'missed, and the misfire policy does not run it',
        ['until'] = operation.missed_until, count = operation.missed_count })
    end
  end
  record(entry)
end

local function push(operation)
  redis.call('HSET', KEYS[operation.k_job],
    unpack(ARGV, operation.first_field, operation.first_field + operation.field_count - 1))
  redis.call('SADD', KEYS[operation.k_queues], KEYS[operation.k_queue])
  redis.call('RPUSH', KEYS[operation.k_queue], operation.job)
  redis.call('HSET', LAST_JOB, operation.id, cjson.encode({
    job = operation.job, queue = operation.queue, ms = int(NOW_MS), timeout = operation.timeout }))
end

local function fire(operation, verdict)
  if operation.clock_error then reset_clock_error(operation.id, operation.clock_error) end
  redis.call('ZREM', AGENDA, operation.id .. '|' .. int(operation.planned))
  if verdict == 'placed' then push(operation) end
  redis.call('HSET', SETTLED, operation.id, operation.settled)
  if operation.next_due == '' then
    redis.call('HDEL', PLANNED, operation.id)
  else
    redis.call('ZADD', AGENDA, operation.next_score, operation.id .. '|' .. operation.next_due)
    redis.call('HSET', PLANNED, operation.id, operation.next_record)
  end
  enter(operation, verdict)
end

local DONE_NOW = { placed = true, settled = true, paused = true, overlap = true }

local refused = refusal()
if refused then return refused end
all_paused = redis.call('HEXISTS', PAUSED, '|') == 1

local operations, verdicts, any = {}, {}, false
while cursor < #ARGV do
  local operation = read_operation()
  operations[#operations + 1] = operation
  local verdict = verdict_of(operation)
  verdicts[#verdicts + 1] = verdict
  any = any or DONE_NOW[verdict]
end

if not any then return reply(verdicts) end
begin()
for index, operation in ipairs(operations) do
  if DONE_NOW[verdicts[index]] then fire(operation, verdicts[index]) end
end
return reply(verdicts)
