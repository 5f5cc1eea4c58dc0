import { createScript } from '../lua.ts'
import { noticeLua } from './fields.ts'
import { clockLua } from './time.ts'
import { createUnitScript } from './unit.ts'

/**
 * Replaces the body of a record: all but its first and last bytes, by ARGV[2]. The words are the stamp that the record must
 * have, and how many bytes remain at each end. ARGV[3] is the notice of a renewal, or missing. Replies 1; or 0 and the
 * value, if it has another stamp; or with nothing.
 *
 * KEEP remains if it would be at most ten minutes later, because of the hour. Then the key lives long enough as well.
 * But KEEP never remains if it would be earlier: the key may have moved to a server whose clock is behind.
 */
export const update = createUnitScript(
  String.raw`if not found then return clock end
if current == stamp then return clock, 1 end
if not body then return clock, 0, found end
put(id, body)
if ARGV[3] then
  ${noticeLua}publish(ARGV[3])
end
return clock, 1`,
  `local found = redis.call('HGET', key, id)
local keep, current, start = match(found or '', '^(%S+) (%S+) %S+ ()')
local body
if current == a and not isLate then
  body = string.sub(found, start, start + b - 1) .. ARGV[2] .. string.sub(found, #found + 1 - c)
  local later = now + 3600000 + (tonumber(match(body, '^%S+')) or 0) - 1000 * (tonumber(keep) or 0)
  if later > -1000 and later < 600000 and not ARGV[3] then
    redis.call('HSET', key, id, keep .. ' ' .. stamp .. ' ' .. string.sub(id, -6) .. ' ' .. body)
    return {stamp, clock, 1}
  end
end
`,
)

/** Writes a key's life again unchanged, so that the caller can wait for replicas before it changes anything. */
export const rewriteUnchanged = createScript(`${clockLua}local left = redis.call('PTTL', KEYS[1])
if left > 0 then redis.call('PEXPIRE', KEYS[1], left) end
return {clock}`)
