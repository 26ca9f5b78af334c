-- Takes waiting commands off a list without blocking, the oldest first. One that is too long is dropped unseen.
--
-- KEYS[1] list      LIST
-- ARGV[1] count     commands to take at most
-- ARGV[2] longest   a longer one is dropped, bytes
-- ARGV[3] total     stop once so many bytes are taken
-- Returns {number dropped, command, ...}

local taken, bytes, dropped = {}, 0, 0
for _ = 1, tonumber(ARGV[1]) do
  local command = redis.call('RPOP', KEYS[1])
  if not command then break end
  if #command > tonumber(ARGV[2]) then
    dropped = dropped + 1
  else
    taken[#taken + 1] = command
    bytes = bytes + #command
  end
  if bytes >= tonumber(ARGV[3]) then break end
end
return { dropped, unpack(taken) }
