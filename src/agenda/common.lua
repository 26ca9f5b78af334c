-- Head of every script that changes the agenda; the scripts' own text follows it.
--
-- KEYS[1] agenda       ZSET    member "id|due", score = due plus jitter (epoch seconds)
-- KEYS[2] planned      HASH    id -> "due base timing work zone"
-- KEYS[3] settled      HASH    id -> "due wall"
-- KEYS[4] last_outcome HASH    id -> JSON of the schedule's last ledger entry
-- KEYS[5] last_job     HASH    id -> JSON {job, queue, ms, timeout}
-- KEYS[6] paused       HASH    id -> JSON; field "|" stands for all schedules
-- KEYS[7] ledger       STREAM
-- KEYS[8] generation   STRING  counter, raised by every script that writes
-- KEYS[9] definitions  HASH    id -> JSON {since_ms, cron, zone, gap, overlap}: what the schedule is since when
-- KEYS[10] changes     STREAM  of definitions: what it became, and of pauses
-- ARGV[1] now          epoch milliseconds; these scripts never ask Redis for the time
-- ARGV[2] ledger limit entries kept, about
-- ARGV[3] generation   the highest that the caller has seen; a lower one here means that Redis went back in time
-- Returns              the generation now, then what each script returns
--
-- Redis never rolls a script back, so each script checks everything before its first write. That first write is the
-- INCR in `begin`: when Redis is full, read-only or cannot save, it refuses there and nothing is half done.

local AGENDA, PLANNED, SETTLED, LAST_OUTCOME = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local LAST_JOB, PAUSED, LEDGER, GENERATION = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local DEFINITIONS, CHANGES = KEYS[9], KEYS[10]
local NOW_MS, LEDGER_MAX = tonumber(ARGV[1]), ARGV[2]
local FIRST_ARG = 4
local NOW = math.floor(NOW_MS / 1000)
-- A settled instant further ahead than this came from a wrong clock.
local CLOCK_ERROR_SECONDS = 86400

local function type_of(key)
  return redis.call('TYPE', key).ok
end

-- True when the key is absent or of the wanted type.
local function is_type(key, wanted)
  local found = type_of(key)
  return found == wanted or found == 'none'
end

-- A command that this user may not run would stop a script between two writes: ask first (Redis 7 and later can tell).
local function denied_write(more)
  if not redis.acl_check_cmd then return nil end
  local writes = { { 'INCR', GENERATION }, { 'ZADD', AGENDA, '1', 'm' }, { 'ZREM', AGENDA, 'm' },
    { 'HSET', PLANNED, 'f', 'v' }, { 'HDEL', PLANNED, 'f' }, { 'XADD', LEDGER, '*', 'f', 'v' }, unpack(more or {}) }
  for _, write in ipairs(writes) do
    if not redis.acl_check_cmd(unpack(write)) then return write[1] .. ' on ' .. write[2] end
  end
end

-- An error reply when nothing may be written here, or nil. `more`: writes of this script that others do not make.
local function refusal(more)
  local wanted = { 'zset', 'hash', 'hash', 'hash', 'hash', 'hash', 'stream', 'string', 'hash', 'stream' }
  for index, name in ipairs(wanted) do
    if not is_type(KEYS[index], name) then
      return redis.error_reply(
        'WRONGTYPE ' .. KEYS[index] .. ' is a ' .. type_of(KEYS[index]) .. ', expected a ' .. name)
    end
  end
  local denied = denied_write(more)
  if denied then return redis.error_reply('NOPERM this Redis user may not use ' .. denied) end
  local generation = tonumber(redis.call('GET', GENERATION) or 0)
  if generation < tonumber(ARGV[3]) then
    return redis.error_reply('OLDSTATE generation ' .. generation .. ' is older than ' .. ARGV[3])
  end
end

local function begin()
  redis.call('INCR', GENERATION)
end

local function reply(verdicts)
  table.insert(verdicts, 1, redis.call('GET', GENERATION) or '0')
  return verdicts
end

-- The due instant at the head of a record, or nil.
local function due_of(record)
  return record and tonumber(string.match(record, '^(%-?%d+) '))
end

-- Numbers in Redis commands: Lua would write a large one as 1.7e+12.
local function int(number)
  return string.format('%.0f', number)
end

-- Appends to the ledger and remembers it as the schedule's last outcome. `entry` fields are text; nil ones are left out.
local LEDGER_FIELDS = { 'schedule', 'due', 'fired_ms', 'outcome', 'queue', 'job', 'reason', 'until', 'count' }
local function record(entry)
  entry.fired_ms = int(NOW_MS)
  local fields = {}
  for _, name in ipairs(LEDGER_FIELDS) do
    if entry[name] and entry[name] ~= '' then
      fields[#fields + 1] = name
      fields[#fields + 1] = entry[name]
    end
  end
  redis.call('XADD', LEDGER, 'MAXLEN', '~', LEDGER_MAX, '*', unpack(fields))
  redis.call('HSET', LAST_OUTCOME, entry.schedule, cjson.encode(entry))
end

-- Enters a change of a definition. `definition` is JSON text, or nil when there is none any more.
local function record_change(id, change, definition)
  redis.call('XADD', CHANGES, 'MAXLEN', '~', LEDGER_MAX, '*', 'schedule', id, 'at_ms', int(NOW_MS),
    'change', change, 'definition', definition or '')
end

-- Forgets a settled instant that a wrong clock left a day or more ahead of now, and says so.
local function reset_clock_error(id, settled_due)
  redis.call('HDEL', SETTLED, id)
  record({ schedule = id, due = int(settled_due), outcome = 'clock_reset',
    reason = 'the last settled instant lay more than 24 h ahead' })
end

