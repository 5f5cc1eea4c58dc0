import { cutoffLua, endLua, noticeLua, scanLua } from './fields.ts'
import { createUnitScript, reserveLua } from './unit.ts'

/**
 * Puts an ending, whose body is ARGV[2], in the place of a record. Replies 1, or 0 if there is no record.
 *
 * The key's life is also written if the session had ended before. The caller can then wait until replicas have the ending.
 */
export const end = createUnitScript(`${reserveLua}${noticeLua}local found = redis.call('HGET', key, id)
if not found then return clock, 0 end
reserve(ARGV[2])
if not isRecord(found) then return clock, stampOf(found) == stamp and 1 or 0 end
put(id, ARGV[2])
publishEnded({id}, match(ARGV[2], ' (%S+)'))
return clock, 1`)

/**
 * Ends all sessions of a user but one, and sets the cutoff. The id is that of the session to spare, or a star; the word is its
 * `opened`. ARGV[2] is the body of the endings, ARGV[3] when the cutoff expires. Replies with whether it was
 * done, with the ids that ended, and with the instant of the cutoff.
 */
export const endAll =
  createUnitScript(`${reserveLua}${scanLua}${noticeLua}${endLua}${cutoffLua}local found, cutoff = unpack(redis.call('HMGET', key, id, '*'))
if cutoff and stampOf(cutoff) == stamp then return clock, 1, endedBefore(), string.format('%.0f', cutoffOf(cutoff)) end
if id ~= '*' and not isRecord(found) then
  if found or not tonumber(a) or isCutOff(cutoff, tonumber(a)) then return clock, 0, {} end
end
local records, expired = scan()
for i = #records, 1, -1 do if records[i].id == id then table.remove(records, i) end end
local at = string.format('%.0f', now)
reserve(ARGV[2])
put('*', table.concat({match(ARGV[2], '^%S+'), at, id, ARGV[3]}, ' '))
prune(expired)
return clock, 1, endRecords(records, ARGV[2]), at`)

/**
 * Sets a cutoff, with the body ARGV[2], unless a later one is there. Then it writes the key's life again unchanged, so that the caller
 * can wait until replicas have that cutoff.
 */
export const putCutoff = createUnitScript(`${cutoffLua}local cutoff = redis.call('HGET', key, '*')
if not cutoff or cutoffOf(cutoff) < cutoffOf('- - - ' .. ARGV[2]) then put('*', ARGV[2])
else redis.call('PEXPIRE', key, math.max(redis.call('PTTL', key), 1)) end
return clock`)
