import { SojournError } from '../../core/errors.ts'
import { maxRecordBytes } from '../limits.ts'
import { decodeMsgpack } from '../msgpack/decode.ts'
import { encodeMap, encodePlain, encodeText } from '../msgpack/encode.ts'
import { jsonToMsgpack, msgpackToJson } from '../msgpack/json-conversion.ts'
import { bytesToText, sourceBytes, textToBytes, type MsgpackNode } from '../msgpack/msgpack-node.ts'

/** A record's members in their order. Keys and values are MessagePack, one character a byte. */
export type RecordFields = Map<string, string>

/** Returns the key of a member in {@link RecordFields}. */
export const fieldKey = (name: string): string => bytesToText(encodeText(name))

/** Returns the name of a member, or `null` if its key is no text, which Flask-Session allows. */
export function fieldName(key: string): string | null {
  const node = decodeMsgpack(textToBytes(key), true)
  return node.kind === 'plain' && typeof node.value === 'string' ? node.value : null
}

/**
 * Reads a record as Flask-Session does: as MessagePack, else as JSON. Returns `null` for any other bytes, including pickle, which
 * is never run.
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
    // Not MessagePack: try JSON next.
  }
  try {
    return decodeMsgpack(jsonToMsgpack(decoder.decode(bytes)), true)
  } catch {
    return null
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Writes a record in the configured format. If that format would lose a value or make the record too long, uses the other one:
 * Flask-Session reads both.
 *
 * @throws `ERR_DATA` if neither format works. A record over 1 MB is never read, so writing it would sign the user out.
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
      ? `The session takes ${Math.min(...lengths)} bytes, and the limit is 1 MB.`
      : 'The session holds an integer that does not fit 64 bits, which needs JSON, and a value that JSON has no form for.',
  )
}

/** Returns whether it is valid MessagePack: it is not if it contains an integer of over 64 bits. */
function isMsgpack(encoded: Buffer): boolean {
  try {
    decodeMsgpack(encoded)
    return true
  } catch {
    return false
  }
}

/** Encodes Python's `True` or `False`. */
export const encodeBoolean = (value: boolean): string => bytesToText(encodePlain(value))
