/**
 * ARGV[1] begins with the deadline in the time of each known server, or nothing. `clock` is the server's time; in a cluster, with
 * its name. Other servers match one plain pattern and format no text, because both take long beside the commands.
 */
export const timeLua = `local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local clock, deadline = now, tonumber(string.match(ARGV[1], '^;@(-?%d+);'))
local isLate = deadline and now > deadline
if not deadline and string.find(ARGV[1], '^[^ ]') then
  if string.sub(ARGV[1], 1, 3) == 'who' then
    local server = redis.pcall('CLUSTER', 'MYID')
    server = type(server) == 'string' and string.sub(server, 1, 12) or ''
    clock = string.format('%.0f@%s', now, server)
    deadline = tonumber(string.match(ARGV[1], ';' .. server .. '@(-?%d+);'))
  end
  isLate = not deadline or now > deadline
end
`
/**
 * The first lines of each script that writes. It writes nothing if the caller's deadline has passed. Each reply begins with
 * the clock.
 */
export const clockLua = `${timeLua}if isLate then return {clock, 'late'} end
`
