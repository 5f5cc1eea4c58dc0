import { cutoffLua, endLua, noticeLua, scanLua } from './fields.ts'
import { createUnitScript } from './unit.ts'

/**
 * Creates a record. The words are `opened` of `cutoffLua`, the limit and `beganAt`. ARGV[2] is the record's body; ARGV[3] that of the endings
 * which the limit makes, or missing. Replies with the result and the ids that the limit ended, or with nothing if the
 * record was created and no other changed.
 *
 * The record is the first write, so that a full server refuses it. Expired fields are removed if the limit is in question, and
 * after every sixteenth session, so that an ordinary sign-in does not read the others.
 */
export const create = createUnitScript(
  String.raw`local found, cutoff = unpack(redis.call('HMGET', key, id, '*'))
if found and stampOf(found) ~= stamp then return clock, 'taken' end
if cutoff and not found then
  ${cutoffLua}if isCutOff(cutoff, tonumber(a), tonumber(c)) then return clock, 'cut-off' end
end
local size, max = redis.call('HLEN', key), tonumber(b) or math.huge
if not found and size < max and (size == 0 or size % 16 > 0) then
  put(id, ARGV[2])
  return clock
end
${scanLua}${noticeLua}${endLua}if found then return clock, 'created', endedBefore() end
local live, expired = scan()
local created, seen = match(ARGV[2], '^%S+ (%S+).- (%S+)\n')
for i = #live, 1, -1 do if live[i].expires <= created + seen then table.remove(live, i) end end
table.sort(live, function(one, other) return one.created < other.created end)
local excess = {}
for i = 1, #live + 1 - max do excess[i] = live[i] end
if #excess > 0 and not ARGV[3] then return clock, 'full' end
put(id, ARGV[2])
prune(expired)
return clock, 'created', #excess > 0 and endRecords(excess, ARGV[3]) or {}`,
  // The user has no session and no cutoff.
  `if not isLate and redis.call('HLEN', key) == 0 and (tonumber(b) or 1) > 0 then
  local left = tonumber(match(ARGV[2], '^%S+')) or 0
  if left > 0 and left < 31557600000000 then
    local life = math.ceil(left) + 3600000
    local keep = string.format('%d ', math.ceil((now + life) / 1000))
    redis.call('HSET', key, id, keep .. stamp .. ' ' .. string.sub(id, -6) .. ' ' .. ARGV[2])
    redis.call('PEXPIRE', key, life)
    return {stamp, clock}
  end
end
`,
)
