import { createScript } from './lua.ts'

/**
 * ARGV[1] begins with the deadline in the time of each known server, or nothing. `clock` is the server's time; in a cluster, with
 * its name. Other servers match one plain pattern and format no text, because both take long beside the commands.
 */
const timeLua = `local t = redis.call('TIME')
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
const lateLua = `if isLate then return {clock, 'late'} end
`
/**
 * The first lines of each script that writes. It writes nothing if the caller's deadline has passed. Each reply begins with
 * the clock.
 */
export const clockLua = timeLua + lateLua

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
const reserveLua = `local function reserve(body) redis.call('PEXPIRE', key, math.max(lifeOf(body), redis.call('PTTL', key))) end
`

/**
 * Several calls are about one unit, so each reply begins with the call's stamp. `ordinary` runs first, and may reply to ordinary
 * calls, because defining the functions that `body` needs takes long beside the commands.
 */
const createUnitScript = (body: string, ordinary = '') =>
  createScript(lateLua + unitLua + body, {
    before: wordsLua + timeLua + ordinary,
    lua: 'stamp',
    of: (_keys, [words]) => / \S+ \S+ (\S+)/.exec(words!)![1]!,
  })

/**
 * Goes through the fields of a unit. Returns the records, and the names of the fields to remove: those that expired, and the oldest
 * endings if there are more than a thousand. Otherwise somebody who signs in again and again would make each of these scripts slow.
 */
const scanLua = String.raw`local function scan()
  local all, records, expired, endings = redis.call('HGETALL', key), {}, {}, {}
  for i = 1, #all, 2 do
    local value = all[i + 1]
    if now > 1000 * (tonumber(match(value, '^%d+')) or 0) then expired[#expired + 1] = all[i]
    elseif isRecord(value) then
      local left, created, seen = match(value, '^%S+ %S+ %S+ (%S+) (%S+).- (%S+)\n')
      created = tonumber(created) or 0
      local expires = created + (tonumber(seen) or 0) + (tonumber(left) or 0)
      records[#records + 1] = {id = all[i], value = value, created = created, expires = expires}
    elseif all[i] ~= '*' then endings[#endings + 1] = {id = all[i], keep = tonumber(match(value, '^%d+'))} end
  end
  if #endings > 1000 then
    table.sort(endings, function(one, other) return one.keep < other.keep end)
    for i = 1, #endings - 500 do expired[#expired + 1] = endings[i].id end
  end
  return records, expired
end
local function prune(expired)
  for i = 1, #expired, 2000 do redis.pcall('HDEL', key, unpack(expired, i, math.min(i + 1999, #expired))) end
end
`

/** Publishes notices, each of many sessions. Ignores a server that forbids it. */
const noticeLua = String.raw`local function publish(notice)
  redis.pcall('PUBLISH', string.sub(key, 1, prefix) .. 'ended', notice .. '\n' .. key)
end
local function publishEnded(ids, reason)
  local isGuest = tostring(string.sub(key, prefix + 1, prefix + 1) == 'g')
  for i = 1, #ids, 500 do
    local list = table.concat(ids, '","', i, math.min(i + 499, #ids))
    publish('{"ids":["' .. list .. '"],"isGuest":' .. isGuest .. ',"ended":"' .. reason .. '"}')
  end
end
`

/**
 * Ends sessions. `ending` is the body of the endings. A session that expired before gets another stamp, because the call does
 * not report it. Returns the ids that the call reports.
 */
const endLua = `local function endRecords(records, ending)
  local reason, endedAt = match(ending, ' (%S+) (%S+)')
  local life, puts, ids, reported = lifeOf(ending), {}, {}, {}
  for i, record in ipairs(records) do
    local isOver = record.expires <= (tonumber(endedAt) or 0)
    ids[i] = record.id
    if not isOver then reported[#reported + 1] = record.id end
    puts[2 * i - 1] = record.id
    puts[2 * i] = valueOf(record.id, ending, life, isOver and '-' or stamp)
  end
  for i = 1, #puts, 2000 do redis.call('HSET', key, unpack(puts, i, math.min(i + 1999, #puts))) end
  publishEnded(ids, reason)
  return reported
end
-- The sessions that an earlier run of this call ended.
local function endedBefore()
  local all, ids = redis.call('HGETALL', key), {}
  for i = 1, #all, 2 do
    if all[i] ~= '*' and stampOf(all[i + 1]) == stamp and not isRecord(all[i + 1]) then ids[#ids + 1] = all[i] end
  end
  return ids
end
`

/** `opened` is how long before the deadline the request was opened. So no clocks of two servers are compared. */
const cutoffLua = `local function cutoffOf(value) return tonumber(match(value, '^%S+ %S+ %S+ %S+ (%S+)')) or 0 end
local function isCutOff(cutoff, opened, beganAt)
  if not cutoff or match(cutoff, '^%S+ %S+ %S+ %S+ %S+ (%S+)') == id then return false end
  local at = cutoffOf(cutoff)
  return opened and at >= (deadline or now) - opened or beganAt and at > beganAt
end
`

/**
 * Creates a record. The words are `opened` of `cutoffLua`, `beganAt` and the limit. ARGV[2] is the record's body; ARGV[3] that of the endings
 * which the limit makes, or missing. Replies with the result and the ids that the limit ended, or with nothing if the
 * record was created and no other changed.
 *
 * The record is the first write, so that a full server refuses it. Expired fields are removed if the limit is in question, and
 * after every sixteenth session, so that an ordinary sign-in does not read the others.
 */
export const create = createUnitScript(
  String.raw`local found, cutoff = unpack(redis.call('HMGET', key, id, '*'))
if found and stampOf(found) ~= stamp then return {clock, 'taken'} end
if cutoff and not found then
  ${cutoffLua}if isCutOff(cutoff, tonumber(a), tonumber(b)) then return {clock, 'cut-off'} end
end
local size, max = redis.call('HLEN', key), tonumber(c) or math.huge
if not found and size < max and (size == 0 or size % 16 > 0) then
  put(id, ARGV[2])
  return {clock}
end
${scanLua}${noticeLua}${endLua}if found then return {clock, 'created', endedBefore()} end
local live, expired = scan()
local created, seen = match(ARGV[2], '^%S+ (%S+).- (%S+)\n')
for i = #live, 1, -1 do if live[i].expires <= created + seen then table.remove(live, i) end end
table.sort(live, function(one, other) return one.created < other.created end)
local excess = {}
for i = 1, #live + 1 - max do excess[i] = live[i] end
if #excess > 0 and not ARGV[3] then return {clock, 'full'} end
put(id, ARGV[2])
prune(expired)
return {clock, 'created', #excess > 0 and endRecords(excess, ARGV[3]) or {}}`,
  // The user has no session and no cutoff.
  `if not isLate and redis.call('HLEN', key) == 0 and (tonumber(c) or 1) > 0 then
  local left = tonumber(match(ARGV[2], '^%S+')) or 0
  if left > 0 and left < 31557600000000 then
    local life = math.ceil(left) + 3600000
    local keep = string.format('%d ', math.ceil((now + life) / 1000))
    redis.call('HSET', key, id, keep .. stamp .. ' ' .. string.sub(id, -6) .. ' ' .. ARGV[2])
    redis.call('PEXPIRE', key, life)
    return {stamp, {clock}}
  end
end
`,
)

/**
 * Replaces the body of a record: all but its first and last bytes, by ARGV[2]. The words are the stamp that the record must
 * have, and how many bytes remain at each end. ARGV[3] is the notice of a renewal, or missing. Replies 1; or 0 and the
 * value, if it has another stamp; or with nothing.
 *
 * KEEP remains if it would be at most ten minutes later, because of the hour. Then the key lives long enough as well.
 * But KEEP never remains if it would be earlier: the key may have moved to a server whose clock is behind.
 */
export const update = createUnitScript(
  String.raw`if not found then return {clock} end
if current == stamp then return {clock, 1} end
if not body then return {clock, 0, found} end
put(id, body)
if ARGV[3] then
  ${noticeLua}publish(ARGV[3])
end
return {clock, 1}`,
  `local found = not isLate and redis.call('HGET', key, id)
local keep, current, start = match(found or '', '^(%S+) (%S+) %S+ ()')
local body
if current == a then
  body = string.sub(found, start, start + b - 1) .. ARGV[2] .. string.sub(found, #found + 1 - c)
  local later = now + 3600000 + (tonumber(match(body, '^%S+')) or 0) - 1000 * (tonumber(keep) or 0)
  if later > -1000 and later < 600000 and not ARGV[3] then
    redis.call('HSET', key, id, keep .. ' ' .. stamp .. ' ' .. string.sub(id, -6) .. ' ' .. body)
    return {stamp, {clock, 1}}
  end
end
`,
)

/**
 * Puts an ending, whose body is ARGV[2], in the place of a record. Replies 1, or 0 if there is no record.
 *
 * The key's life is also written if the session had ended before. The caller can then wait until replicas have the ending.
 */
export const end = createUnitScript(`${reserveLua}${noticeLua}local found = redis.call('HGET', key, id)
if not found then return {clock, 0} end
reserve(ARGV[2])
if not isRecord(found) then return {clock, stampOf(found) == stamp and 1 or 0} end
put(id, ARGV[2])
publishEnded({id}, match(ARGV[2], ' (%S+)'))
return {clock, 1}`)

/**
 * Ends all sessions of a user but one, and sets the cutoff. The id is that of the session to spare, or a star; the word is its
 * `opened`. ARGV[2] is the body of the endings, ARGV[3] when the cutoff expires. Replies with whether it was
 * done, with the ids that ended, and with the instant of the cutoff.
 */
export const endAll =
  createUnitScript(`${reserveLua}${scanLua}${noticeLua}${endLua}${cutoffLua}local found, cutoff = unpack(redis.call('HMGET', key, id, '*'))
if cutoff and stampOf(cutoff) == stamp then return {clock, 1, endedBefore(), string.format('%.0f', cutoffOf(cutoff))} end
if id ~= '*' and not isRecord(found) then
  if found or not tonumber(a) or isCutOff(cutoff, tonumber(a)) then return {clock, 0, {}} end
end
local records, expired = scan()
for i = #records, 1, -1 do if records[i].id == id then table.remove(records, i) end end
local at = string.format('%.0f', now)
reserve(ARGV[2])
put('*', table.concat({match(ARGV[2], '^%S+'), at, id, ARGV[3]}, ' '))
prune(expired)
return {clock, 1, endRecords(records, ARGV[2]), at}`)

/** Returns the ids of the records and their first lines, and removes what expired. */
export const list = createUnitScript(String.raw`${scanLua}local records, expired = scan()
prune(expired)
local lines = {}
for i, record in ipairs(records) do
  lines[2 * i - 1] = record.id
  lines[2 * i] = match(record.value, '^[^\n]*')
end
return {clock, lines}`)

/**
 * Sets a cutoff, with the body ARGV[2], unless a later one is there. Then it writes the key's life again unchanged, so that the caller
 * can wait until replicas have that cutoff.
 */
export const putCutoff = createUnitScript(`${cutoffLua}local cutoff = redis.call('HGET', key, '*')
if not cutoff or cutoffOf(cutoff) < cutoffOf('- - - ' .. ARGV[2]) then put('*', ARGV[2])
else redis.call('PEXPIRE', key, math.max(redis.call('PTTL', key), 1)) end
return {clock}`)

/** Writes a key's life again unchanged, so that the caller can wait for replicas before it changes anything. */
export const rewriteUnchanged = createScript(`${clockLua}local left = redis.call('PTTL', KEYS[1])
if left > 0 then redis.call('PEXPIRE', KEYS[1], left) end
return {clock}`)

/** Publishes ARGV[1] on the channel KEYS[1]. */
export const publish = createScript(`return redis.call('PUBLISH', KEYS[1], ARGV[1])`)

// Reads are scripts where a client could answer them from a replica or from a cache: it sends scripts to primaries.

export const readField = createScript(`return redis.call('HGET', KEYS[1], ARGV[1])`)

export const readUnit = createScript(`return redis.call('HGETALL', KEYS[1])`)
