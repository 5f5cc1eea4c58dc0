import { createScript } from '../lua.ts'
import { timeLua } from './time.ts'

/**
 * After a space, ARGV[1] has words: the length of the prefix of all keys, a session's id, the call's stamp, and up to three more.
 * `packed-entry.ts` describes the values. KEEP is an hour longer than LEFT, because the library must decide that a session
 * expired, not the server's clock.
 */
const wordsLua = `local key, match = KEYS[1], string.match
local prefix, id, stamp, a, b, c = match(ARGV[1], ' (%S+) (%S+) (%S+) ?(%S*) ?(%S*) ?(%S*)')
`
const unitLua = String.raw`local function isRecord(value) return value and string.find(value, '\n', 1, true) ~= nil end
local function stampOf(value) return match(value, '^%S+ (%S+)') end
local function lifeOf(body)
  local left = tonumber(match(body, '^%S+')) or 0
  return (left > 0 and math.ceil(math.min(left, 31557600000000)) or 0) + 3600000
end
local function valueOf(field, body, life, by)
  return string.format('%d ', math.ceil((now + life) / 1000)) .. by .. ' ' .. string.sub(field, -6) .. ' ' .. body
end
local function put(field, body)
  local life = lifeOf(body)
  redis.call('HSET', key, field, valueOf(field, body, life, stamp))
  -- A minute does not matter, because of the hour.
  if redis.call('PTTL', key) < life - 60000 then redis.call('PEXPIRE', key, life) end
end
`
/**
 * A write that needs no memory. A full server refuses a script whose first write needs some, and accepts all writes after it.
 */
export const reserveLua = `local function reserve(body) redis.call('PEXPIRE', key, math.max(lifeOf(body), redis.call('PTTL', key))) end
`

/**
 * A call after its deadline does nothing. But a client whose connection broke may send a call again that was done in time: then what it
 * wrote has its stamp, and it gets the reply of the first time.
 */
const lateLua = `if isLate then
  local found, cutoff = unpack(redis.call('HMGET', key, id, '*'))
  if stampOf(found or '') ~= stamp and stampOf(cutoff or '') ~= stamp then return clock, 'late' end
end
`

/**
 * Several calls are about one unit, so each reply begins with the call's stamp. `ordinary` runs first, and may reply to ordinary
 * calls, because defining the functions that `body` needs takes long beside the commands.
 */
export const createUnitScript = (body: string, ordinary = '') =>
  createScript(`${unitLua}${lateLua}${body}`, {
    before: wordsLua + timeLua + ordinary,
    lua: 'stamp',
    isFlat: true,
    of: (_keys, [words]) => / \S+ \S+ (\S+)/.exec(words!)![1]!,
  })
