import { createScript } from '../../stores/redis/lua.ts'
import { clockLua } from '../../stores/redis/scripts/time.ts'
import { maxRecordBytes } from '../limits.ts'

// Records are bytes, but some clients only pass text. So bytes outside ASCII are escaped as %xx in both directions.

const percentByte = 0x25
const escapedBytes = Array.from({ length: 256 }, (_, byte) =>
  byte === percentByte || byte > 0x7f ? `%${byte.toString(16).padStart(2, '0')}` : String.fromCharCode(byte),
)

/** Escapes bytes to a text that every client passes unchanged. */
export function escapeBytes(bytes: Buffer): string {
  let text = ''
  for (const byte of bytes) text += escapedBytes[byte]!
  return text
}

/** Returns the bytes of an escaped text. */
export function unescapeBytes(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  let length = 0
  for (let at = 0; at < bytes.length; at++) {
    const isEscaped = bytes[at] === percentByte
    bytes[length++] = isEscaped ? 16 * hexDigit(bytes[at + 1]!) + hexDigit(bytes[at + 2]!) : bytes[at]!
    if (isEscaped) at += 2
  }
  return bytes.subarray(0, length)
}

// The digits are 0-9 and a-f.
const hexDigit = (unit: number): number => (unit < 0x61 ? unit - 0x30 : unit - 0x57)

const escapeLua = `local escapes = setmetatable({}, {__index = function(all, unit)
  local escape = string.format('%%%02x', string.byte(unit))
  all[unit] = escape
  return escape
end})
local function escapeBytes(bytes) return (string.gsub(bytes, '[%%\\128-\\255]', escapes)) end
`

const unescapeLua = `local units = setmetatable({}, {__index = function(all, hex)
  local unit = string.char(tonumber(hex, 16))
  all[hex] = unit
  return unit
end})
local function unescapeBytes(text) return (string.gsub(text, '%%(%x%x)', units)) end
`

const isRecordLua = `local function isRecord()
  return redis.call('TYPE', KEYS[1]).ok == 'string' and redis.call('STRLEN', KEYS[1]) <= ${maxRecordBytes}
end
`

/** Returns a record and its remaining time in milliseconds. Returns only `record` if the key is missing or cannot be a record. */
export const readRecord = createScript(`${escapeLua}${isRecordLua}if not isRecord() then return {'record'} end
return {'record', escapeBytes(redis.call('GET', KEYS[1])), redis.call('PTTL', KEYS[1])}`)

/** Returns an ending. */
export const readEnding = createScript(`return redis.call('GET', KEYS[1])`)

/**
 * Sets a key with a lifetime of ARGV[2] milliseconds and returns 1, or returns 0 if the key exists. An equal value is from the
 * same call: the client has sent it again because the reply was lost.
 */
export const putIfAbsent = createScript(`${unescapeLua}local value = unescapeBytes(ARGV[3])
if redis.pcall('GET', KEYS[1]) == value then return {false, 1} end
${clockLua}return {clock, redis.call('SET', KEYS[1], value, 'NX', 'PX', ARGV[2]) and 1 or 0}`)

/** Adds a text to a set. */
export const addToSet = createScript(`${clockLua}redis.call('SADD', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {clock, 1}`)

/** Returns the texts in a set. */
export const readSet = createScript(`return redis.call('SMEMBERS', KEYS[1])`)

// If a reply is lost, the client sends the call again, and the call would find its own change. So each call also sets an
// idempotency key, ARGV[3], for ARGV[4] milliseconds. A repeated call finds it and returns the same reply, even after `until`.
// The key is not in KEYS: while a slot moves, a cluster rejects a script unless all its KEYS exist. If the key cannot be read
// or set (the slot moves, or the server is full), the call runs anyway.
const onceLua = `if ARGV[3] ~= '' and redis.pcall('EXISTS', ARGV[3]) == 1 then return {false, 1} end
`
const doneLua = `if ARGV[3] ~= '' then redis.pcall('SET', ARGV[3], '', 'PX', ARGV[4]) end
return {clock, 1}`
const ifUnchangedLua = `if not isRecord() or redis.sha1hex(redis.call('GET', KEYS[1])) ~= ARGV[5] then return {clock, 0} end
`

/** Hashes the bytes that a script expects to find: sending the hash is faster than escaping the bytes. */
export const hashBytes = (bytes: Buffer): string => process.getBuiltinModule('node:crypto').hash('sha1', bytes, 'hex')

/** Replaces a record if its bytes are unchanged. */
export const replaceIfUnchanged =
  createScript(`${onceLua}${clockLua}${unescapeLua}${isRecordLua}${ifUnchangedLua}redis.call('SET', KEYS[1], unescapeBytes(ARGV[6]), 'PX', ARGV[2])
${doneLua}`)

/** Removes a record if its bytes are unchanged. */
export const removeIfUnchanged =
  createScript(`${onceLua}${clockLua}${isRecordLua}${ifUnchangedLua}redis.call('DEL', KEYS[1])
${doneLua}`)

/** Removes a record, whatever its bytes are. */
export const removeKey = createScript(`${clockLua}return {clock, redis.call('DEL', KEYS[1])}`)

/** Extends an ending's lifetime to at least ARGV[1] milliseconds. */
export const extendTtl =
  createScript(`if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 1`)
