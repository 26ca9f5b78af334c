-- Places a job of a schedule now, out of order, once for each request. The timetable is not touched: neither what is planned nor
-- what is settled changes, and the ledger's entry stands for no occurrence.
--
-- KEYS    those of the head, then
--   [11] queues    SET     of RQ's queues
--   [12] request   STRING  what became of this request; absent before, expires
--   [13] queue     LIST    the queue to place the job on
--   [14] job       HASH    the job
--   [15] [16]      HASH and ZSET of the last job as the caller knows it: its hash, its queue's rq:wip; absent without one
-- ARGV    those of the head, then
--   id             the schedule
--   kept           milliseconds for which the request is remembered
--   forced         "1": although it is paused, or its last job still waits or runs
--   last           id of the last job as the caller knows it, "" for none
--   queue, job     full queue name and job id
--   last job       JSON to remember of the job
--   reason         who asked, for the ledger
--   then fields and values, in turn, of the job hash
-- Returns one of
--   "placed JOB"     done now
--   "again JOB"      done before for the same request
--   "paused"         nothing done
--   "running JOB"    the last job still waits or runs; nothing done
--   "last_job JOB"   the last job is another one: call again with its keys; nothing done
--   "wrong_type KEY" a key holds something else; nothing done

local QUEUES, REQUEST, QUEUE, JOB = KEYS[11], KEYS[12], KEYS[13], KEYS[14]
local OWN_ARGS = 8
local id, kept, forced, last = ARGV[FIRST_ARG], ARGV[FIRST_ARG + 1], ARGV[FIRST_ARG + 2] == '1', ARGV[FIRST_ARG + 3]
local queue, job, last_job, reason = ARGV[FIRST_ARG + 4], ARGV[FIRST_ARG + 5], ARGV[FIRST_ARG + 6], ARGV[FIRST_ARG + 7]

local function wrong_type()
  local wanted = { { QUEUES, 'set' }, { QUEUE, 'list' }, { KEYS[15], 'hash' }, { KEYS[16], 'zset' } }
  for _, pair in ipairs(wanted) do
    if pair[1] and not is_type(pair[1], pair[2]) then return pair[1] end
  end
  -- A job id is random: a hash that is there already is somebody else's.
  if redis.call('EXISTS', JOB) == 1 then return JOB end
end

local function verdict_of()
  local wrong = wrong_type()
  if wrong then return 'wrong_type ' .. wrong end
  if forced then return 'placed ' .. job end
  if redis.call('HEXISTS', PAUSED, id) == 1 or redis.call('HEXISTS', PAUSED, '|') == 1 then return 'paused' end
  local text = redis.call('HGET', LAST_JOB, id)
  local guard = text and cjson.decode(text)
  local known = guard and guard.job or ''
  if known ~= last then return 'last_job ' .. known end
  if guard and last_job_blocks(guard, KEYS[15], KEYS[16]) then return 'running ' .. known end
  return 'placed ' .. job
end

local refused = refusal({ { 'SADD', QUEUES, 'm' }, { 'RPUSH', QUEUE, 'm' }, { 'HSET', JOB, 'f', 'v' }, { 'SET', REQUEST, 'v' } })
if refused then return refused end
local before = redis.call('GET', REQUEST)
if before then return reply({ 'again ' .. before }) end
local verdict = verdict_of()
if verdict ~= 'placed ' .. job then return reply({ verdict }) end

begin()
redis.call('SET', REQUEST, job, 'PX', kept)
redis.call('HSET', JOB, unpack(ARGV, FIRST_ARG + OWN_ARGS))
redis.call('HSET', LAST_JOB, id, last_job)
redis.call('SADD', QUEUES, QUEUE)
redis.call('RPUSH', QUEUE, job)
record({ schedule = id, due = int(NOW), outcome = 'manual', queue = queue, job = job, reason = reason })
return reply({ verdict })
