import { SojournError } from '../../core/errors.ts'
import { longestRecord } from '../limits.ts'
import { decode } from '../msgpack/decode.ts'
import { encodeMap, encodePlain, encodeText } from '../msgpack/encode.ts'
import { encodeJson, jsonOf } from '../msgpack/json-conversion.ts'
import { bytesOf, bytesOfText, textOfBytes, type Node } from '../msgpack/msgpack-node.ts'

/** A record's members in their order: by its MessagePack, a byte a character, each key has its value, which is the same. */
export type Members = Map<string, string>

/** A member's key, as it stands in {@link Members}. */
export const keyOf = (name: string): string => textOfBytes(encodeText(name))

/** The name that a member's key is; `null` for a key that is no text, as Flask-Session allows it. */
export function nameIn(key: string): string | null {
  const node = decode(bytesOfText(key), true)
  return node.kind === 'plain' && typeof node.value === 'string' ? node.value : null
}

/**
 * Reads a record as Flask-Session does, MessagePack and else JSON; `null` for what is neither, or no session: pickle among it,
 * which is never run.
 */
export function readMembers(bytes: Buffer): Members | null {
  const node = nodeOf(bytes)
  if (node?.kind !== 'map') return null
  return new Map([...node.members].map(([key, { node: value }]) => [key, textOfBytes(bytesOf(value))]))
}

function nodeOf(bytes: Buffer): Node | null {
  try {
    return decode(bytes)
  } catch {
    // JSON, or nothing that there is a session in.
  }
  try {
    return decode(encodeJson(decoder.decode(bytes)), true)
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
export function writeMembers(members: Members, isJson: boolean): Buffer {
  const encoded = encodeMap([...members].map(([key, value]) => [bytesOfText(key), bytesOfText(value)]))
  const lengths: number[] = []
  for (const asJson of [isJson, !isJson]) {
    const record = asJson ? jsonOf(decode(encoded, true)) : encoded
    if (record === null || (!asJson && !isMessagePack(encoded))) continue
    const bytes = Buffer.from(record)
    if (bytes.length <= longestRecord) return bytes
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
function isMessagePack(encoded: Buffer): boolean {
  try {
    decode(encoded)
    return true
  } catch {
    return false
  }
}

/** A value of Python's that is a member's: `True`, or `False`. */
export const truth = (value: boolean): string => textOfBytes(encodePlain(value))
