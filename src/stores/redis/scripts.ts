import { createScript } from './lua.ts'

/**
 * Begins each write: it does nothing after its caller has gone. ARGV[1] is until when, for each server that the caller has
 * heard of; ARGV[2] for how long the key is kept. Each answer begins with what time it is, and where.
 * Lua hands over some thousands of values at a time.
 */
export const clockLua = `local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local function whole(number) return string.format('%.0f', number) end
local server = ''
if string.sub(ARGV[1], 1, 3) == 'who' then
  server = redis.pcall('CLUSTER', 'MYID')
  server = type(server) == 'string' and string.sub(server, 1, 12) or ''
end
local clock = whole(now) .. '@' .. server
if ARGV[1] ~= '' then
  local deadline = string.match(ARGV[1], ';' .. server .. '@(-?%d+);')
  if not deadline or now > tonumber(deadline) then return {clock, 'late'} end
end
local function each(command, first, last)
  for i = first, last, 2000 do redis.call(command, KEYS[1], unpack(ARGV, i, math.min(i + 1999, last))) end
end
`

/**
 * Gives the first field that each write writes, and its value: another one for each call. Clients may send a call again when
 * its answer was lost, and one that was done already is to be answered as it was, and not as refused.
 */
export function createCallIds(): () => string[] {
  const { randomBytes } = process.getBuiltinModule('node:crypto')
  const self = randomBytes(6).toString('base64url')
  let count = 0
  return () => ['by', `${self}${(++count).toString(36)}`]
}

/** Tells whoever watches a session its id, if that is allowed here; nothing for an empty one. */
const publishLua = `local function publish(id)
  if id ~= '' then redis.pcall('PUBLISH', string.sub(KEYS[1], 1, -9 - #id) .. 'ended', id) end
end
`

/** Answers with 1, or with 0 where the key is taken. ARGV[4] says whose call it is. */
export const create =
  createScript(`${clockLua}if redis.call('EXISTS', KEYS[1]) == 1 then return {clock, redis.call('HGET', KEYS[1], 'by') == ARGV[4] and 1 or 0} end
each('HSET', 3, #ARGV)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {clock, 1}`)

/**
 * Answers with the version; with nothing where there is no such record; or, having done nothing, with `index` and the user
 * whose index first has to hold the session for longer: ARGV[5] then says until when it does. That is half of the time before
 * it has to, so that replicas which lag for less are asked again in time. ARGV[8] is the id of a session that is renewed, of
 * which whoever watches it is told, if that is allowed here; else it is empty. ARGV[10] says whose call it is.
 */
export const update =
  createScript(`${clockLua}${publishLua}local found = redis.call('HMGET', KEYS[1], 'secretHash', 'version', 'userId', 'indexedUntil', 'by')
if found[5] == ARGV[10] then return {clock, found[2]} end
if found[1] ~= ARGV[3] or ARGV[4] ~= '' and found[2] ~= ARGV[4] then return {clock} end
if found[3] and ARGV[5] == '' and now + 1.5 * ARGV[2] > (tonumber(found[4]) or 0) then return {clock, 'index', found[3]} end
local last = 8 + ARGV[7]
each('HSET', 9, last)
if ARGV[5] ~= '' and tonumber(ARGV[5]) > (tonumber(found[4]) or 0) then redis.call('HSET', KEYS[1], 'indexedUntil', ARGV[5]) end
each('HDEL', last + 1, #ARGV)
local version = found[2]
if ARGV[6] == '1' then version = redis.call('HINCRBY', KEYS[1], 'version', 1) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
publish(ARGV[8])
return {clock, version}`)

/**
 * Answers with 1 and whose it was, or with 0. ARGV[4] says whose call it is. A full server refuses a script whose first write needs room, and takes one
 * that begins by removing. One field stays meanwhile: while a slot moves, a key that is gone belongs to the other server.
 * Should the ending find no room all the same, the record goes. Whoever watches is told its id, if that is allowed here.
 * What had ended is written once more as it is, so that replicas can be waited for that they have it.
 */
export const end =
  createScript(`${clockLua}${publishLua}local found = redis.call('HMGET', KEYS[1], 'secretHash', 'userId', 'by')
if not found[1] then
  local left = redis.call('PTTL', KEYS[1])
  if left > 0 then redis.call('PEXPIRE', KEYS[1], left) end
  return {clock, found[3] == ARGV[4] and 1 or 0}
end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if field ~= 'expiresAt' then redis.call('HDEL', KEYS[1], field) end
end
local put = redis.pcall('HSET', KEYS[1], unpack(ARGV, 3))
if type(put) == 'table' and put.err then redis.call('DEL', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
publish(ARGV[6])
return {clock, 1, found[2]}`)

/**
 * Holds the id ARGV[3] in a user's index for twice as long as its record is kept, drops what it has held for long enough, and
 * answers until when. What needs memory comes first, so that a full server refuses it.
 */
export const index = createScript(`${clockLua}local heldUntil = whole(now + 2 * ARGV[2])
redis.call('ZADD', KEYS[1], 'GT', heldUntil, ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. whole(now))
redis.call('PEXPIREAT', KEYS[1], whole(tonumber(redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2])))
return {clock, heldUntil}`)

/**
 * Writes a key once more as it is, so that replicas can be waited for before anything is changed. Answers with when its user
 * signed in.
 */
export const rewriteUnchanged = createScript(`${clockLua}local left = redis.call('PTTL', KEYS[1])
if left > 0 then redis.call('PEXPIRE', KEYS[1], left) end
return {clock, redis.call('HGET', KEYS[1], 'signedInAt')}`)

/** Tells ARGV[1] on a channel that is named as keys are, `KEYS[1]`, as {@link end} tells an id. */
export const publish = createScript(`return redis.call('PUBLISH', KEYS[1], ARGV[1])`)

export const unindex = createScript(`return redis.call('ZREM', KEYS[1], ARGV[1])`)

// Reads as scripts: they go to primaries, whatever the client does with plain reads, and no client answers them from memory.

export const listIds = createScript(`return redis.call('ZRANGE', KEYS[1], 0, -1)`)

/** Of each key the fields that ARGV names. Several keys only where they are at one server. */
export const readFields = createScript(`local found = {}
for i, key in ipairs(KEYS) do found[i] = redis.call('HMGET', key, unpack(ARGV)) end
return found`)

export const readAllFields = createScript(`return redis.call('HGETALL', KEYS[1])`)
