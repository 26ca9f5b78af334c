-- The lease: one daemon does the work, others stand by. It only saves work; the other scripts are right without it.
-- Atomic, so that two daemons cannot both take a free lease. It alone asks Redis for the time: the daemons' own clocks may
-- disagree, and that they do is found out here.
--
-- KEYS[1] leader      STRING  id of the leading daemon, expires with the lease
-- KEYS[2] term        STRING  counter of leaderships
-- KEYS[3] daemons     ZSET    id of a daemon fit to lead -> when it was last seen (epoch ms, Redis's clock)
-- KEYS[4] state       HASH    {format, source, repairs, moved_to}
-- KEYS[5] generation  STRING  counter of writing scripts
-- KEYS[6] agenda      ZSET
-- ARGV[1] me          id of the calling daemon
-- ARGV[2] ttl         milliseconds the lease lives without being renewed
-- ARGV[3] wish        "lead" | "yield" (lead only while nobody else is fit to) | "look" (never) | "leave" (the daemon ends)
-- Returns {leader or "", term, milliseconds left or -1, Redis's time in epoch ms, generation, lowest score on the agenda or "",
--          repairs, number of other fit daemons, moved_to or ""}

local LEADER, TERM, DAEMONS, STATE, GENERATION, AGENDA = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local me, ttl, wish = ARGV[1], tonumber(ARGV[2]), ARGV[3]
-- A daemon that was not seen for so long is gone.
local GONE_AFTER_MS = 5000

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

redis.call('ZREMRANGEBYSCORE', DAEMONS, '-inf', string.format('%.0f', now - GONE_AFTER_MS))
redis.call('ZREM', DAEMONS, me)
local others = redis.call('ZCARD', DAEMONS)
if wish == 'lead' then redis.call('ZADD', DAEMONS, string.format('%.0f', now), me) end

local leader = redis.call('GET', LEADER)
local wants = wish == 'lead' or (wish == 'yield' and others == 0)
if leader == me and not wants then
  redis.call('DEL', LEADER)
  leader = false
elseif wants and leader == me then
  redis.call('PEXPIRE', LEADER, ttl)
elseif wants and not leader then
  redis.call('INCR', TERM)
  redis.call('SET', LEADER, me, 'PX', ttl)
  leader = me
end

local head = redis.call('ZRANGE', AGENDA, 0, 0, 'WITHSCORES')
return {
  leader or '', tostring(redis.call('GET', TERM) or 0), redis.call('PTTL', LEADER), string.format('%.0f', now),
  tostring(redis.call('GET', GENERATION) or 0), head[2] or '', redis.call('HGET', STATE, 'repairs') or '0', others,
  redis.call('HGET', STATE, 'moved_to') or '',
}
