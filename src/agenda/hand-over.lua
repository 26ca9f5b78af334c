-- Claims a planned occurrence before the site is asked to enqueue its job: whoever comes later, after a crash above all, then
-- knows that this may have been done. Atomic, so that of two daemons one asks. The occurrence stays planned until fire.lua
-- settles it, which takes the claim away.
--
-- KEYS    those of the head, then KEYS[11] handing HASH id -> "due since at token": the occurrence, when it was claimed first and
--         last (epoch milliseconds), and by whom
-- ARGV    those of the head, then
--   id          the schedule
--   planned     due instant that must be the planned one (epoch seconds)
--   definition  "timing work": fingerprints
--   due         identity of the occurrence that is handed over; later than `planned` when some were missed
--   token       of the caller
--   over        token of an earlier claim whose fate the caller knows; "" for none
-- Returns {"claimed" | "held" (another claim is open) | "paused" | "moved" | "changed"}; all but the first: nothing done

local HANDING = KEYS[11]
local id, planned, definition, due, token, over = unpack(ARGV, FIRST_ARG, FIRST_ARG + 5)

local refused = refusal({ { 'HSET', HANDING, 'f', 'v' } })
if refused then return refused end
if not is_type(HANDING, 'hash') then return redis.error_reply('WRONGTYPE ' .. HANDING .. ' is no hash') end

local function verdict()
  local plan = redis.call('HGET', PLANNED, id)
  if due_of(plan) ~= tonumber(planned) then return 'moved' end
  if string.match(plan, '^%S+ %S+ (%S+ %S+)') ~= definition then return 'changed' end
  local settled_due = due_of(redis.call('HGET', SETTLED, id))
  if settled_due and tonumber(due) <= settled_due and settled_due <= NOW + CLOCK_ERROR_SECONDS then return 'moved' end
  if redis.call('HEXISTS', PAUSED, '|') == 1 or redis.call('HEXISTS', PAUSED, id) == 1 then return 'paused' end
  return 'claimed'
end

local found = verdict()
if found ~= 'claimed' then return reply({ found }) end
local since = int(NOW_MS)
local known_due, known_since, _, known_token = string.match(redis.call('HGET', HANDING, id) or '', '^(%S+) (%S+) (%S+) (%S+)$')
if known_due and tonumber(known_due) >= tonumber(planned) then
  if known_token ~= token and known_token ~= over then return reply({ 'held' }) end
  if known_due == due then since = known_since end
end
begin()
redis.call('HSET', HANDING, id, table.concat({ due, since, int(NOW_MS), token }, ' '))
return reply({ 'claimed' })
