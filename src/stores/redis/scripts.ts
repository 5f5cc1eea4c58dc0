import { createScript } from './lua.ts'

/**
 * The first lines of each write. The script writes nothing if the caller's deadline has passed. ARGV[1] is the deadline in
 * the time of each known server, or empty; ARGV[2] is the key's time to live in milliseconds. Each reply begins with the
 * server's time and name.
 *
 * `each` calls a command in batches of 2,000 values, because Lua's `unpack` fails with more than some thousands.
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
 * Returns a function that creates the first field of each write, `by`, with a value that is unique to the call. Clients may
 * send a command again if its reply was lost. The script recognises its own earlier write by this field, and replies as it
 * did then instead of refusing.
 */
export function createCallIds(): () => string[] {
  const { randomBytes } = process.getBuiltinModule('node:crypto')
  const self = randomBytes(6).toString('base64url')
  let count = 0
  return () => ['by', `${self}${(++count).toString(36)}`]
}

/** Publishes a notice of a session. Ignores an empty one, and a server that forbids PUBLISH. */
const publishLua = `local function publish(notice)
  local id = string.match(notice, '"id":"([^"]*)"')
  if id then redis.pcall('PUBLISH', string.sub(KEYS[1], 1, -9 - #id) .. 'ended', notice) end
end
`

/** Creates a record. Replies 1, or 0 if the key exists. ARGV[4] is the call's id. */
export const create =
  createScript(`${clockLua}if redis.call('EXISTS', KEYS[1]) == 1 then return {clock, redis.call('HGET', KEYS[1], 'by') == ARGV[4] and 1 or 0} end
each('HSET', 3, #ARGV)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {clock, 1}`)

/**
 * Updates a record. Replies with its version, or with nothing if there is no such record.
 *
 * Replies with `index` and the user, writing nothing, if the user's index does not hold the session for long enough. The
 * caller then writes the index, and repeats the call with the new time in ARGV[5]. The script asks half a time to live
 * before the entry is needed, so that there is time for another try if replicas lag.
 *
 * ARGV[8] is the notice to publish if the session is renewed, and otherwise empty. ARGV[10] is the call's id.
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
 * Puts an ending in the place of a record. Replies with 1 and the user, or with 0 if there is no record. ARGV[4] is the
 * call's id, ARGV[6] the session's id, ARGV[8] why it ended.
 *
 * The script deletes fields first, because a server without free memory refuses a script whose first write needs memory. One
 * field must remain meanwhile: while a slot moves, a missing key belongs to the other server. If there is no memory for the
 * ending either, the whole key is deleted.
 *
 * If the session had ended before, its time to live is written again unchanged. The caller can then wait until replicas
 * have the ending.
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
publish('{"id":"' .. ARGV[6] .. '","isGuest":' .. tostring(not found[2]) .. ',"ended":"' .. ARGV[8] .. '"}')
return {clock, 1, found[2]}`)

/**
 * Puts the id ARGV[3] in a user's index for twice the record's time to live, and removes expired ids. Replies with the time
 * until which the index holds the id. The command that needs memory is the first, so that a full server refuses the script.
 */
export const index = createScript(`${clockLua}local heldUntil = whole(now + 2 * ARGV[2])
redis.call('ZADD', KEYS[1], 'GT', heldUntil, ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. whole(now))
redis.call('PEXPIREAT', KEYS[1], whole(tonumber(redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2])))
return {clock, heldUntil}`)

/**
 * Writes a key's time to live again unchanged, so that the caller can wait for replicas before it changes anything. Replies
 * with the field `signedInAt`.
 */
export const rewriteUnchanged = createScript(`${clockLua}local left = redis.call('PTTL', KEYS[1])
if left > 0 then redis.call('PEXPIRE', KEYS[1], left) end
return {clock, redis.call('HGET', KEYS[1], 'signedInAt')}`)

/** Publishes ARGV[1] on the channel KEYS[1]. */
export const publish = createScript(`return redis.call('PUBLISH', KEYS[1], ARGV[1])`)

export const unindex = createScript(`return redis.call('ZREM', KEYS[1], ARGV[1])`)

// Reads are scripts too: clients send scripts to primaries, and never answer them from a cache.

export const listIds = createScript(`return redis.call('ZRANGE', KEYS[1], 0, -1)`)

/** Reads the fields that ARGV names, for each key. All keys must be on one server. */
export const readFields = createScript(`local found = {}
for i, key in ipairs(KEYS) do found[i] = redis.call('HMGET', key, unpack(ARGV)) end
return found`)

export const readAllFields = createScript(`return redis.call('HGETALL', KEYS[1])`)
