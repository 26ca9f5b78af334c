-- Puts failed jobs of one queue back on it: RQ's own end state, with these differences. It is one step, where RQ takes a job off
-- the registry, then writes it, then queues it, and a crash in between leaves it nowhere. The job's old time to live goes
-- with the failure: RQ lets it go on, so that the job can vanish while it waits. The queue's name is noted, which RQ 2 leaves out.
-- Atomic so that a job is in the registry or on the queue at any moment, and two callers do not queue it twice.
--
-- KEYS    1 rq:queues SET, 2 rq:queue:NAME LIST, 3 rq:failed:NAME ZSET, then for each job three: its HASH, its dependents SET
--         and its dependencies SET, which expire with it
-- ARGV    1 NAME, 2 now in RQ's form, 3 an empty text as RQ compresses one, then the id of each job
-- Returns one text for each job: "requeued"; or, nothing written for it: "gone" no such job, "not_failed" not in the registry,
--         "moved" the job belongs to another queue, "no_call" workers would drop it, "status WORD" a job in the registry
--         that something else was done with since

local QUEUES, QUEUE, FAILED = KEYS[1], KEYS[2], KEYS[3]
local name, now, nothing = ARGV[1], ARGV[2], ARGV[3]
-- What RQ assumes where a job does not say, in seconds.
local DEFAULT_TIMEOUT = '180'
local FIRST_JOB_KEY, KEYS_PER_JOB, FIRST_ID = 4, 3, 4

for key, wanted in pairs({ [QUEUES] = 'set', [QUEUE] = 'list', [FAILED] = 'zset' }) do
  local found = redis.call('TYPE', key).ok
  if found ~= wanted and found ~= 'none' then
    return redis.error_reply('WRONGTYPE ' .. key .. ' is a ' .. found .. ', not a ' .. wanted)
  end
end

local function refusal(id, job)
  local found = redis.call('TYPE', job).ok
  if found ~= 'hash' then return 'gone' end
  if not redis.call('ZSCORE', FAILED, id) then return 'not_failed' end
  local status, origin = unpack(redis.call('HMGET', job, 'status', 'origin'))
  if origin ~= name then return 'moved' end
  if redis.call('HEXISTS', job, 'data') == 0 then return 'no_call' end
  if status and status ~= 'failed' and status ~= 'stopped' then return 'status ' .. status end
  return nil
end

local function expire(keys, ttl)
  local seconds = ttl and string.match(ttl, '^[1-9]%d?%d?%d?%d?%d?%d?%d?%d?$')
  for _, key in ipairs(keys) do
    if seconds then
      redis.call('EXPIRE', key, seconds)
    else
      redis.call('PERSIST', key)
    end
  end
end

local verdicts = {}
for index = FIRST_ID, #ARGV do
  local id = ARGV[index]
  local at = FIRST_JOB_KEY + (index - FIRST_ID) * KEYS_PER_JOB
  local job = KEYS[at]
  local refused = refusal(id, job)
  if not refused then
    -- First what a full Redis refuses: then nothing is written.
    redis.call('HSET', job, 'status', 'queued', 'enqueued_at', now, 'started_at', '', 'ended_at', '', 'exc_info', nothing)
    redis.call('HSETNX', job, 'timeout', DEFAULT_TIMEOUT)
    -- A time to live of the caller's own begins anew, as with RQ.
    expire({ job, KEYS[at + 1], KEYS[at + 2] }, redis.call('HGET', job, 'ttl'))
    redis.call('ZREM', FAILED, id)
    redis.call('SADD', QUEUES, QUEUE)
    redis.call('RPUSH', QUEUE, id)
  end
  verdicts[#verdicts + 1] = refused or 'requeued'
end
return verdicts
