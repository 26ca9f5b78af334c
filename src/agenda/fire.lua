-- Fires: claims planned occurrences, writes their RQ jobs, pushes them, plans the next occurrences and enters the ledger; or
-- settles occurrences that are not placed. Atomic, because this is the promise: no crash, second daemon or lost reply can
-- come between the claim and the push. Safe to call again with the same arguments.
--
-- KEYS    those of the head, then KEYS[11] rq:queues SET, then as many as the operations name by their number in KEYS
-- ARGV    those of the head, then
--   common   number of values that follow: fields and values, in turn, of every job hash of this call
--   then per operation, each of another schedule:
--     id             the schedule
--     planned        due instant that must be the planned one (epoch seconds)
--     definition     "timing work": fingerprints the job was prepared from
--     due            identity of the occurrence placed or settled; later than `planned` when some were missed
--     settled        record to keep of it: "due wall"
--     outcome        what the ledger says when nothing stands in the way
--     next due, next score, next record   the occurrence to plan, or "" "" "" when there is none
--     queue, job     RQ queue name and job id; job "" settles without placing
--     number in KEYS of the queue and of the job hash; 0 0 without a job
--     last job       JSON to remember of the job
--     extra          "" or JSON: reason; missed {due, until, count} before `due`; overlap {job, key, wip}: the last job as the
--                    caller knows it ("" for none) and the numbers in KEYS of its hash and of its queue's rq:wip (0 for none);
--                    handing {key, token}: the number in KEYS of the hash that hand-over.lua writes, and the caller's claim there
--     own            number of values that follow: further fields and values of the job hash
-- Returns per operation a verdict:
--   "placed" | "settled" | "paused" | "overlap"   done now, entered in the ledger
--   "entered"        it was handed over and planned anew meanwhile: only entered in the ledger
--   "already"        done by an earlier call with this job or claim
--   "moved"          not the planned occurrence (any more); nothing done
--   "changed"        the definition is another now; nothing done
--   "last_job ID"    the last job is another one: call again with its keys; nothing done
--   "wrong_type KEY" a key that the operation names, or rq:queues, holds something else; nothing done

local QUEUES = KEYS[11]
local cursor = FIRST_ARG - 1
local function take()
  cursor = cursor + 1
  return ARGV[cursor]
end

local function take_list()
  local length = tonumber(take())
  local list = { unpack(ARGV, cursor + 1, cursor + length) }
  cursor = cursor + length
  return list
end

local function read_operation()
  local operation = {
    id = take(), planned = tonumber(take()), definition = take(), due = take(), settled = take(), outcome = take(),
    next_due = take(), next_score = take(), next_record = take(), queue = take(), job = take(),
    queue_key = KEYS[tonumber(take())], job_key = KEYS[tonumber(take())], last_job = take(),
  }
  local extra = take()
  operation.extra = extra == '' and {} or cjson.decode(extra)
  operation.own = take_list()
  return operation
end

local known_types = {}
local function has_type(key, wanted)
  if known_types[key] == nil then known_types[key] = is_type(key, wanted) end
  return known_types[key]
end

local function wrong_type(operation)
  if not has_type(operation.queue_key, 'list') then return operation.queue_key end
  if not has_type(QUEUES, 'set') then return QUEUES end
  local overlap = operation.extra.overlap
  if not overlap or overlap.key == 0 then return nil end
  if not has_type(KEYS[overlap.key], 'hash') then return KEYS[overlap.key] end
  if not has_type(KEYS[overlap.wip], 'zset') then return KEYS[overlap.wip] end
end

local function placing_verdict(operation)
  local wrong = wrong_type(operation)
  if wrong then return 'wrong_type ' .. wrong end
  local overlap = operation.extra.overlap
  if not overlap then return 'placed' end
  local text = redis.call('HGET', LAST_JOB, operation.id)
  local guard = text and cjson.decode(text)
  local known = guard and guard.job or ''
  if known ~= overlap.job then return 'last_job ' .. known end
  if guard and last_job_blocks(guard, KEYS[overlap.key], KEYS[overlap.wip]) then return 'overlap' end
  return 'placed'
end

local function placed_before(operation)
  local text = operation.job ~= '' and redis.call('HGET', LAST_JOB, operation.id)
  return text and cjson.decode(text).job == operation.job
end

local function wrong_claims(operation)
  local handing = operation.extra.handing
  return handing and not has_type(KEYS[handing.key], 'hash') and KEYS[handing.key]
end

-- The site has it already: whatever became of the definition meanwhile, that is entered.
local function handed_over_verdict(operation, plan, settled_due)
  if due_of(plan) == operation.planned then return 'settled' end
  local handing = operation.extra.handing
  local claim = redis.call('HGET', KEYS[handing.key], operation.id)
  if claim and string.match(claim, '(%S+)$') == handing.token then return 'entered' end
  return settled_due == tonumber(operation.due) and 'already' or 'moved'
end

local any_paused, all_paused = false, false

local function verdict_of(operation, plan, settled)
  local wrong = wrong_claims(operation)
  if wrong then return 'wrong_type ' .. wrong end
  local settled_due = due_of(settled)
  if operation.outcome == 'handed_over' then return handed_over_verdict(operation, plan, settled_due) end
  if due_of(plan) ~= operation.planned then
    return placed_before(operation) and 'already' or 'moved'
  end
  if string.match(plan, '^%S+ %S+ (%S+ %S+)') ~= operation.definition then return 'changed' end
  if settled_due and tonumber(operation.due) <= settled_due then
    if settled_due <= NOW + CLOCK_ERROR_SECONDS then return 'moved' end
    operation.clock_error = settled_due
  end
  if all_paused or (any_paused and redis.call('HEXISTS', PAUSED, operation.id) == 1) then return 'paused' end
  if operation.job == '' then return 'settled' end
  return placing_verdict(operation)
end

-- Enters what became of the occurrence, and of those missed before it.
local function enter(operation, verdict)
  local missed = operation.extra.missed
  local entry = { schedule = operation.id, due = operation.due, outcome = operation.outcome,
    queue = operation.queue, reason = operation.extra.reason }
  if verdict == 'placed' then
    entry.job = operation.job
  elseif verdict == 'paused' then
    entry.outcome, entry.reason = 'skipped_paused', 'the schedule is paused'
  elseif verdict == 'overlap' then
    entry.outcome = 'skipped_overlap'
    entry.reason = 'the previous job ' .. operation.extra.overlap.job .. ' still waits or runs'
  end
  if missed and (entry.outcome == 'skipped_paused' or entry.outcome == 'skipped_misfire') then
    -- The same happened to all of them: one entry.
    entry.due, entry['until'], entry.count = int(missed.due), operation.due, int(missed.count + 1)
  elseif missed then
    record({ schedule = operation.id, due = int(missed.due), outcome = 'skipped_misfire',
      queue = operation.queue, reason = 'missed, and the misfire policy does not run it',
      ['until'] = int(missed['until']), count = int(missed.count) })
  end
  record(entry)
end

-- Writes of one kind are collected and made in one command for the whole batch.
local writes = { hashes = {}, removed = {}, added = {}, forgotten = {}, pushed = {} }
local function set_field(hash, field, value)
  local fields = writes.hashes[hash] or {}
  fields[#fields + 1], fields[#fields + 2] = field, value
  writes.hashes[hash] = fields
end

local function append(list, value)
  list[#list + 1] = value
end

local common
local function place(operation)
  redis.call('HSET', operation.job_key, unpack(common))
  redis.call('HSET', operation.job_key, unpack(operation.own))
  local pushed = writes.pushed[operation.queue_key] or {}
  append(pushed, operation.job)
  writes.pushed[operation.queue_key] = pushed
  set_field(LAST_JOB, operation.id, operation.last_job)
end

local function fire(operation, verdict, settled)
  if operation.clock_error then reset_clock_error(operation.id, operation.clock_error) end
  if operation.extra.handing then redis.call('HDEL', KEYS[operation.extra.handing.key], operation.id) end
  if verdict == 'entered' then
    local settled_due = due_of(settled)
    if not settled_due or settled_due < tonumber(operation.due) then set_field(SETTLED, operation.id, operation.settled) end
    return enter(operation, verdict)
  end
  append(writes.removed, operation.id .. '|' .. int(operation.planned))
  if verdict == 'placed' then place(operation) end
  set_field(SETTLED, operation.id, operation.settled)
  if operation.next_due == '' then
    append(writes.forgotten, operation.id)
  else
    append(writes.added, operation.next_score)
    append(writes.added, operation.id .. '|' .. operation.next_due)
    set_field(PLANNED, operation.id, operation.next_record)
  end
  enter(operation, verdict)
end

local function flush()
  if #writes.removed > 0 then redis.call('ZREM', AGENDA, unpack(writes.removed)) end
  if #writes.forgotten > 0 then redis.call('HDEL', PLANNED, unpack(writes.forgotten)) end
  for hash, fields in pairs(writes.hashes) do redis.call('HSET', hash, unpack(fields)) end
  if #writes.added > 0 then redis.call('ZADD', AGENDA, unpack(writes.added)) end
  for queue_key, jobs in pairs(writes.pushed) do
    redis.call('SADD', QUEUES, queue_key)
    redis.call('RPUSH', queue_key, unpack(jobs))
  end
end

local refused = refusal({ { 'SADD', QUEUES, 'm' }, { 'RPUSH', KEYS[12] or QUEUES, 'm' }, { 'HSET', KEYS[12] or QUEUES, 'f', 'v' } })
if refused then return refused end

common = take_list()
local operations, ids = {}, {}
while cursor < #ARGV do
  local operation = read_operation()
  append(operations, operation)
  append(ids, operation.id)
end

any_paused = redis.call('EXISTS', PAUSED) == 1
all_paused = any_paused and redis.call('HEXISTS', PAUSED, '|') == 1
local plans, settled = redis.call('HMGET', PLANNED, unpack(ids)), redis.call('HMGET', SETTLED, unpack(ids))
local DONE_NOW = { placed = true, settled = true, paused = true, overlap = true, entered = true }
local verdicts, any = {}, false
for index, operation in ipairs(operations) do
  local verdict = verdict_of(operation, plans[index], settled[index])
  -- A job id is random: a hash that is there already is somebody else's.
  if verdict == 'placed' and redis.call('EXISTS', operation.job_key) == 1 then
    verdict = 'wrong_type ' .. operation.job_key
  end
  verdicts[index] = verdict
  any = any or DONE_NOW[verdict]
end

if not any then return reply(verdicts) end
begin()
for index, operation in ipairs(operations) do
  if DONE_NOW[verdicts[index]] then fire(operation, verdicts[index], settled[index]) end
end
flush()
return reply(verdicts)
