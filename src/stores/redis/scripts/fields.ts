/**
 * Goes through the fields of a unit. Returns the records, and the names of the fields to remove: those that expired, and the oldest
 * endings if there are more than a thousand. Otherwise a user who signs in again and again would make each of these scripts slow.
 */
export const scanLua = String.raw`local function scan()
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
export const noticeLua = String.raw`local function publish(notice)
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
export const endLua = `local function endRecords(records, ending)
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
export const cutoffLua = `local function cutoffOf(value) return tonumber(match(value, '^%S+ %S+ %S+ %S+ (%S+)')) or 0 end
local function isCutOff(cutoff, opened, beganAt)
  if not cutoff or match(cutoff, '^%S+ %S+ %S+ %S+ %S+ (%S+)') == id then return false end
  local at = cutoffOf(cutoff)
  return opened and at >= (deadline or now) - opened or beganAt and at > beganAt
end
`
