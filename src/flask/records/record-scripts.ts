import { createScript } from '../../stores/redis/lua.ts'
import { clockLua } from '../../stores/redis/scripts.ts'
import { maxRecordBytes } from '../limits.ts'

// Records are bytes, and clients hand over texts: what is not ASCII is spelled %xx on the way, in both directions.

const percentByte = 0x25
const escapedBytes = Array.from({ length: 256 }, (_, byte) =>
  byte === percentByte || byte > 0x7f ? `%${byte.toString(16).padStart(2, '0')}` : String.fromCharCode(byte),
)

/** Bytes as a text that any client hands over whole. */
export function escapeBytes(bytes: Buffer): string {
  let text = ''
  for (const byte of bytes) text += escapedBytes[byte]!
  return text
}

/** The bytes that were spelled so. */
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

// 0 to 9, and a to f.
const hexDigit = (unit: number): number => (unit < 0x61 ? unit - 0x30 : unit - 0x57)

const escapeLua = `local spellings = setmetatable({}, {__index = function(all, unit)
  local spelling = string.format('%%%02x', string.byte(unit))
  all[unit] = spelling
  return spelling
end})
local function spelled(bytes) return (string.gsub(bytes, '[%%\\128-\\255]', spellings)) end
`

const unescapeLua = `local units = setmetatable({}, {__index = function(all, hex)
  local unit = string.char(tonumber(hex, 16))
  all[hex] = unit
  return unit
end})
local function unspelled(text) return (string.gsub(text, '%%(%x%x)', units)) end
`

const isRecordLua = `local function isRecord()
  return redis.call('TYPE', KEYS[1]).ok == 'string' and redis.call('STRLEN', KEYS[1]) <= ${maxRecordBytes}
end
`

/** Answers with a record and for how much longer it is kept, in milliseconds; with `record` alone where there is none, or what can be none. */
export const readRecord = createScript(`${escapeLua}${isRecordLua}if not isRecord() then return {'record'} end
return {'record', spelled(redis.call('GET', KEYS[1])), redis.call('PTTL', KEYS[1])}`)

/** Answers with an ending. */
export const readEnding = createScript(`return redis.call('GET', KEYS[1])`)

/**
 * Puts a value where there is none, for so many milliseconds, and answers with 1; with 0 where there is one. The same value is
 * of the same call, which a client has sent twice: its answer was lost.
 */
export const putIfAbsent = createScript(`${unescapeLua}local value = unspelled(ARGV[3])
if redis.pcall('GET', KEYS[1]) == value then return {false, 1} end
${clockLua}return {clock, redis.call('SET', KEYS[1], value, 'NX', 'PX', ARGV[2]) and 1 or 0}`)

/** Adds a text to others. */
export const addToSet = createScript(`${clockLua}redis.call('SADD', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {clock, 1}`)

/** Answers with the texts that were added. */
export const readSet = createScript(`return redis.call('SMEMBERS', KEYS[1])`)

// What a call finds when it is sent again, its answer lost, is what it has left. So it leaves a key of its own as well, ARGV[3],
// for ARGV[4] milliseconds, and is answered as before, also after its caller has gone. It is none of KEYS: of several a cluster
// asks that all of them are there while their slot moves, and refuses the whole script. Where it cannot be had (the slot moves,
// the server is full), the call is carried out all the same.
const onceLua = `if ARGV[3] ~= '' and redis.pcall('EXISTS', ARGV[3]) == 1 then return {false, 1} end
`
const doneLua = `if ARGV[3] ~= '' then redis.pcall('SET', ARGV[3], '', 'PX', ARGV[4]) end
return {clock, 1}`
const ifUnchangedLua = `if not isRecord() or redis.sha1hex(redis.call('GET', KEYS[1])) ~= ARGV[5] then return {clock, 0} end
`

/** What tells a script which bytes there have to be: hashed, since it is faster than to spell them. */
export const hashBytes = (bytes: Buffer): string => process.getBuiltinModule('node:crypto').hash('sha1', bytes, 'hex')

/** Puts a record in the place of another, if that is still there to the byte. */
export const replaceIfUnchanged =
  createScript(`${onceLua}${clockLua}${unescapeLua}${isRecordLua}${ifUnchangedLua}redis.call('SET', KEYS[1], unspelled(ARGV[6]), 'PX', ARGV[2])
${doneLua}`)

/** Removes a record, if it is still there to the byte. */
export const removeIfUnchanged =
  createScript(`${onceLua}${clockLua}${isRecordLua}${ifUnchangedLua}redis.call('DEL', KEYS[1])
${doneLua}`)

/** Removes a record, whatever it says by now. */
export const removeKey = createScript(`${clockLua}return {clock, redis.call('DEL', KEYS[1])}`)

/** Keeps an ending for as long as this, at least. */
export const extendTtl =
  createScript(`if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 1`)
