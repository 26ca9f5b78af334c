-- The lease: one daemon does the work, others stand by. It only saves work; the other scripts are right without it.
-- Atomic, so that two daemons cannot both take a free lease. It alone asks Redis for the time: the daemons' own clocks may
-- disagree, and that they do is found out here.
--
-- KEYS[1] leader      STRING  id of the leading daemon, expires with the lease
-- KEYS[2] term        STRING  counter of leaderships
-- KEYS[3] daemons     ZSET    id of a daemon fit to lead -> when it was last seen (epoch ms, Redis's clock)
-- KEYS[4] state       HASH    {format, source, repairs, moved_to}
-- KEYS[5] generation  STRING  counter of writing scripts
-- ARGV[1] me          id of the calling daemon
-- ARGV[2] ttl         milliseconds the lease lives without being renewed
-- ARGV[3] gone        a daemon that was not seen for so many milliseconds is gone
-- ARGV[4] wish        "lead" | "yield" (lead only while nobody else is fit to) | "look" (never) | "leave" (the daemon ends)
-- ARGV[5] since       who yields counts only daemons seen at or after this instant (epoch ms, Redis's clock)
-- ARGV[6] format      of the state that the calling daemon knows
-- Returns {leader or "", term, milliseconds left or -1, Redis's time in epoch ms, generation, repairs,
--          number of other fit daemons, moved_to or ""}; {format} alone, and nothing is done, when a newer version raised it

local LEADER, TERM, DAEMONS, STATE, GENERATION = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local me, ttl, gone, wish = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]

local state = redis.call('HMGET', STATE, 'repairs', 'moved_to', 'format')
if tonumber(state[3] or 0) > tonumber(ARGV[6]) then return { state[3] } end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

redis.call('ZREMRANGEBYSCORE', DAEMONS, '-inf', string.format('%.0f', now - gone))
local is_fit = wish == 'lead'
if is_fit then
  redis.call('ZADD', DAEMONS, string.format('%.0f', now), me)
else
  redis.call('ZREM', DAEMONS, me)
end
local others = redis.call('ZCOUNT', DAEMONS, ARGV[5], '+inf') - (is_fit and 1 or 0)

local found = redis.call('MGET', LEADER, TERM, GENERATION)
local leader, term = found[1], found[2] or '0'
local wants = is_fit or (wish == 'yield' and others == 0)
if leader == me and not wants then
  redis.call('DEL', LEADER)
  leader = false
elseif wants and leader == me then
  redis.call('PEXPIRE', LEADER, ttl)
elseif wants and not leader then
  term = tostring(redis.call('INCR', TERM))
  redis.call('SET', LEADER, me, 'PX', ttl)
  leader = me
end

return { leader or '', term, redis.call('PTTL', LEADER), string.format('%.0f', now), found[3] or '0', state[1] or '0',
  others, state[2] or '' }
