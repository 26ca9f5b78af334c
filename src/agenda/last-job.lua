-- Whether the last job of a schedule is still under way; for scripts that place jobs, after common.lua.

local WIP_READ_MAX = 1000

-- RQ 1.x lists a running job by its id, 2.x as "id:execution"; the score tells until when it counts as alive.
local function is_running(wip_key, job)
  local live = redis.call('ZRANGEBYSCORE', wip_key, NOW, '+inf', 'LIMIT', 0, WIP_READ_MAX)
  for _, member in ipairs(live) do
    if member == job or string.sub(member, 1, #job + 1) == job .. ':' then return true end
  end
  return false
end

-- Whether the schedule's last job still waits or runs. A guard older than twice the job's timeout is stale.
local function last_job_blocks(guard, job_key, wip_key)
  local timeout = tonumber(guard.timeout)
  if timeout > 0 and tonumber(guard.ms) + 2000 * timeout < NOW_MS then return false end
  local status = redis.call('HGET', job_key, 'status')
  if status == 'queued' or status == 'deferred' or status == 'scheduled' then return true end
  return status == 'started' and is_running(wip_key, guard.job)
end

