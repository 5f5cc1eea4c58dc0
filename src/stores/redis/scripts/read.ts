import { createScript } from '../lua.ts'
import { scanLua } from './fields.ts'
import { createUnitScript } from './unit.ts'

/** Returns the ids of the records and their first lines, and removes what expired. */
export const list = createUnitScript(String.raw`${scanLua}local records, expired = scan()
prune(expired)
local lines = {}
for i, record in ipairs(records) do
  lines[2 * i - 1] = record.id
  lines[2 * i] = match(record.value, '^[^\n]*')
end
return clock, lines`)

/** Publishes ARGV[1] on the channel KEYS[1]. */
export const publish = createScript(`return redis.call('PUBLISH', KEYS[1], ARGV[1])`)

// Reads are scripts where a client could answer them from a replica or from a cache: it sends scripts to primaries.

export const readField = createScript(`return redis.call('HGET', KEYS[1], ARGV[1])`)

export const readUnit = createScript(`return redis.call('HGETALL', KEYS[1])`)
