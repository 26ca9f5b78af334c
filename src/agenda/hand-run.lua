-- Notes what becomes of a run by hand whose job the site itself enqueues: nobody asks the site twice for one request, unless it is
-- known not to have heard. Neither the job nor the timetable is touched; the ledger's entry stands for no occurrence.
--
-- KEYS    those of the head, then KEYS[11] request STRING what became of this request; absent before, expires:
--         "handing TOKEN" | "handed" | "undone", or a job that was placed for it
-- ARGV    those of the head, then
--   id       the schedule
--   kept     milliseconds for which the request is remembered
--   step     "claim" before the site is asked, "done" or "undone" when it is known what it did
--   token    of the caller
--   forced   "1": although it is paused
--   queue    for the ledger
--   reason   who asked, for the ledger
-- Returns "claimed" | "again" (done before) | "begun" (somebody asks or asked, and the outcome is not known) | "paused" for a claim,
-- "noted" for the other steps; only "claimed" and "noted" change anything

local REQUEST = KEYS[11]
local id, kept, step, token, forced, queue, reason = unpack(ARGV, FIRST_ARG, FIRST_ARG + 6)
local OURS = 'handing ' .. token

local refused = refusal({ { 'SET', REQUEST, 'v' } })
if refused then return refused end
local before = redis.call('GET', REQUEST) or 'undone'

local function remember(word)
  begin()
  redis.call('SET', REQUEST, word, 'PX', kept)
end

local function claim()
  if before == OURS then return 'claimed' end
  if string.sub(before, 1, 8) == 'handing ' then return 'begun' end
  if before ~= 'undone' then return 'again' end
  local paused = redis.call('HEXISTS', PAUSED, id) == 1 or redis.call('HEXISTS', PAUSED, '|') == 1
  if paused and forced ~= '1' then return 'paused' end
  remember(OURS)
  return 'claimed'
end

if step == 'claim' then return reply({ claim() }) end
if step == 'undone' then
  remember('undone')
elseif before ~= 'handed' then
  remember('handed')
  record({ schedule = id, due = int(NOW), outcome = 'manual', queue = queue, reason = reason })
end
return reply({ 'noted' })
