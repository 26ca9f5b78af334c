-- Says that a daemon lives, and tells which others do. They need not be of one site, nor use the same prefix.
--
-- KEYS[1] daemons  ZSET  daemon -> when it was last seen (epoch ms, Redis's clock)
-- ARGV[1] me       the daemon
-- ARGV[2] gone     a daemon that was not seen for so many milliseconds is gone
-- ARGV[3] here     "1", or "0" when it ends
-- Returns the daemons, without this one

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local me = ARGV[1]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - tonumber(ARGV[2])))
if ARGV[3] == '1' then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now), me)
else
  redis.call('ZREM', KEYS[1], me)
end
local others = {}
for _, daemon in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if daemon ~= me then others[#others + 1] = daemon end
end
return others
