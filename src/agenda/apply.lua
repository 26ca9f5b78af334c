-- Writes the differences that a reconcile found: plans, replaces or removes the planned occurrence of each schedule.
-- Atomic, because between reading a plan and replacing it the schedule may fire, or another daemon may plan it or write
-- back what it remembers: then nothing may be done to it.
--
-- KEYS    those of the head
-- ARGV    those of the head, then per operation thirteen values:
--   kind          "plan" | "drop" | "forget"
--   id            the schedule; for "forget" the agenda's member
--   read          the plan record when it was read, "" when there was none
--   settled       the settled record after that, "" when there was none
--   due           epoch seconds, "" unless "plan"
--   score         epoch seconds, may have a fraction; "" unless "plan"
--   plan record   "" unless "plan"
--   reason        why an occurrence that is due and not placed is dropped; "" when it lives on in the new plan
--   dropped due, dropped until, dropped count   the occurrences that are due and not placed by the plan that was read, "" "" ""
--                 when there is none; another plan that is found is entered alone
--   change        what the history of definitions says of it; "" when the definition stays
--   definition    JSON for the hash of definitions; "" leaves what is there
-- Returns per operation: "ok" | "ok DUE" (done, and the occurrence that was due then is entered as dropped) | "fired" (the schedule
-- fired since the read; nothing done) | "moved" (somebody else planned the same timing since; nothing done) | "settled" (the new
-- due instant is not after the last settled one; nothing done)

local OPERATION_LENGTH = 13
local verdicts, operations = {}, {}

local function timing_of(record)
  return string.match(record, '^%S+ %S+ (%S+) ')
end

-- A plan of the same timing that was not there when we read may hold an occurrence from before our own.
local function is_planned_meanwhile(operation)
  local found = redis.call('HGET', PLANNED, operation.id)
  return found and found ~= operation.read and timing_of(found) == timing_of(operation.plan)
end

local function verdict_of(operation)
  if operation.kind == 'forget' then return 'ok' end
  local settled = redis.call('HGET', SETTLED, operation.id)
  if (settled or '') ~= operation.settled then return 'fired' end
  if operation.kind == 'plan' and is_planned_meanwhile(operation) then return 'moved' end
  if operation.kind == 'plan' and settled then
    operation.settled_due = due_of(settled)
    local wrong_clock = operation.settled_due > NOW + CLOCK_ERROR_SECONDS
    if not wrong_clock then
      operation.settled_due = nil
      if tonumber(operation.due) <= due_of(settled) then return 'settled' end
    end
  end
  return 'ok'
end

-- Takes the planned occurrence off the agenda; one that was due and lives in no new plan is entered as dropped, with those
-- that would have followed it by now, and returned.
local function remove_planned(operation)
  local id, reason = operation.id, operation.reason
  local planned_due = due_of(redis.call('HGET', PLANNED, id))
  if not planned_due or planned_due == tonumber(operation.due) then return end
  redis.call('ZREM', AGENDA, id .. '|' .. int(planned_due))
  if reason == '' or planned_due > NOW then return end
  local entry = { schedule = id, due = int(planned_due), outcome = 'dropped', reason = reason }
  if planned_due == tonumber(operation.dropped_due) and operation.dropped_count ~= '1' then
    entry['until'], entry.count = operation.dropped_until, operation.dropped_count
  end
  record(entry)
  return entry.due
end

-- A member that no plan stands behind: another daemon's, or made by hand.
local function forget(member, reason)
  local id, due = string.match(member, '^(.*)|(%-?%d+)$')
  if id and due_of(redis.call('HGET', PLANNED, id)) == tonumber(due) then return end
  if redis.call('ZREM', AGENDA, member) == 0 or not id then return end
  local settled_due = due_of(redis.call('HGET', SETTLED, id))
  if settled_due and tonumber(due) <= settled_due then return end
  if tonumber(due) <= NOW then
    record({ schedule = id, due = due, outcome = 'dropped', reason = reason })
    return due
  end
end

-- Gives the due instant of what was entered as dropped, or nil.
local function apply(operation)
  if operation.kind == 'forget' then return forget(operation.id, operation.reason) end
  if operation.settled_due then reset_clock_error(operation.id, operation.settled_due) end
  local dropped = remove_planned(operation)
  if operation.kind == 'plan' then
    redis.call('ZADD', AGENDA, operation.score, operation.id .. '|' .. operation.due)
    redis.call('HSET', PLANNED, operation.id, operation.plan)
  else
    redis.call('HDEL', PLANNED, operation.id)
  end
  if operation.change == '' then return dropped end
  record_change(operation.id, operation.change, operation.definition)
  if operation.kind == 'drop' then
    redis.call('HDEL', DEFINITIONS, operation.id)
  elseif operation.definition ~= '' then
    redis.call('HSET', DEFINITIONS, operation.id, operation.definition)
  end
  return dropped
end

local refused = refusal()
if refused then return refused end

for first = FIRST_ARG, #ARGV, OPERATION_LENGTH do
  local operation = {
    kind = ARGV[first], id = ARGV[first + 1], read = ARGV[first + 2], settled = ARGV[first + 3],
    due = ARGV[first + 4], score = ARGV[first + 5], plan = ARGV[first + 6], reason = ARGV[first + 7],
    dropped_due = ARGV[first + 8], dropped_until = ARGV[first + 9], dropped_count = ARGV[first + 10],
    change = ARGV[first + 11], definition = ARGV[first + 12],
  }
  operations[#operations + 1] = operation
  verdicts[#verdicts + 1] = verdict_of(operation)
end

begin()
for index, operation in ipairs(operations) do
  if verdicts[index] == 'ok' then
    local dropped = apply(operation)
    if dropped then verdicts[index] = 'ok ' .. dropped end
  end
end
return reply(verdicts)
