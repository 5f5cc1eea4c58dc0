import { SojournError } from '../../core/errors.ts'
import { maxRecordBytes } from '../limits.ts'
import { decodeMsgpack } from '../msgpack/decode.ts'
import { encodeMap, encodePlain, encodeText } from '../msgpack/encode.ts'
import { jsonToMsgpack, msgpackToJson } from '../msgpack/json-conversion.ts'
import { bytesToText, sourceBytes, textToBytes, type MsgpackNode } from '../msgpack/msgpack-node.ts'

/** A record's members in their order: by its MessagePack, a byte a character, each key has its value, which is the same. */
export type RecordFields = Map<string, string>

/** A member's key, as it stands in {@link RecordFields}. */
export const fieldKey = (name: string): string => bytesToText(encodeText(name))

/** The name that a member's key is; `null` for a key that is no text, as Flask-Session allows it. */
export function fieldName(key: string): string | null {
  const node = decodeMsgpack(textToBytes(key), true)
  return node.kind === 'plain' && typeof node.value === 'string' ? node.value : null
}

/**
 * Reads a record as Flask-Session does, MessagePack and else JSON; `null` for what is neither, or no session: pickle among it,
 * which is never run.
 */
export function decodeFields(bytes: Buffer): RecordFields | null {
  const node = decodeRecord(bytes)
  if (node?.kind !== 'map') return null
  return new Map([...node.members].map(([key, { node: value }]) => [key, bytesToText(sourceBytes(value))]))
}

function decodeRecord(bytes: Buffer): MsgpackNode | null {
  try {
    return decodeMsgpack(bytes)
  } catch {
    // JSON, or nothing that there is a session in.
  }
  try {
    return decodeMsgpack(jsonToMsgpack(decoder.decode(bytes)), true)
  } catch {
    return null
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Writes a record. In the other of the two ways where this one would lose something, or be too long: Flask-Session reads both.
 *
 * @throws `ERR_DATA` where either would; more than 1 MB is not read again, which would sign its user out
 */
export function encodeFields(fields: RecordFields, isJson: boolean): Buffer {
  const encoded = encodeMap([...fields].map(([key, value]) => [textToBytes(key), textToBytes(value)]))
  const lengths: number[] = []
  for (const isJsonAttempt of [isJson, !isJson]) {
    const record = isJsonAttempt ? msgpackToJson(decodeMsgpack(encoded, true)) : encoded
    if (record === null || (!isJsonAttempt && !isMsgpack(encoded))) continue
    const bytes = Buffer.from(record)
    if (bytes.length <= maxRecordBytes) return bytes
    lengths.push(bytes.length)
  }
  throw new SojournError(
    'ERR_DATA',
    lengths.length > 0
      ? `The session takes ${Math.min(...lengths)} bytes, and has 1 MB.`
      : 'The session holds an integer that does not fit 64 bits, as JSON has, and what JSON has no form for.',
  )
}

/** It may hold an integer that only JSON has. */
function isMsgpack(encoded: Buffer): boolean {
  try {
    decodeMsgpack(encoded)
    return true
  } catch {
    return false
  }
}

/** A value of Python's that is a member's: `True`, or `False`. */
export const encodeBoolean = (value: boolean): string => bytesToText(encodePlain(value))
