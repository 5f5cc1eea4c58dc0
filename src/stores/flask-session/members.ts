import { SojournError } from '../../errors.ts'
import { packMap, packPlain, packText } from '../../formats/flask/pack.ts'
import { bytesOfText, longestRecord, textOfBytes, type Packed } from '../../formats/flask/packed.ts'
import { jsonOf, packJson } from '../../formats/flask/packed-json.ts'
import { unpackValue } from '../../formats/flask/unpack.ts'

/** A record's members in their order: by its MessagePack, a byte a character, each key has its value, which is the same. */
export type Members = Map<string, string>

/** A member's key, as it stands in {@link Members}. */
export const keyOf = (name: string): string => textOfBytes(packText(name))

/** The name that a member's key is; `null` for a key that is no text, as Flask-Session allows it. */
export function nameIn(key: string): string | null {
  const node = unpackValue(bytesOfText(key), true)
  return node.kind === 'plain' && typeof node.value === 'string' ? node.value : null
}

/**
 * Reads a record as Flask-Session does, MessagePack and else JSON; `null` for what is neither, or no session: pickle among it,
 * which is never run.
 */
export function readMembers(bytes: Buffer): Members | null {
  const node = nodeOf(bytes)
  if (node?.kind !== 'map') return null
  return new Map([...node.members].map(([key, { node: value }]) => [key, textOfBytes(value.bytes)]))
}

function nodeOf(bytes: Buffer): Packed | null {
  try {
    return unpackValue(bytes)
  } catch {
    // JSON, or nothing that there is a session in.
  }
  try {
    return unpackValue(packJson(decoder.decode(bytes)), true)
  } catch {
    return null
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Writes a record. In the other of the two ways where this one would lose something: Flask-Session reads both.
 *
 * @throws `ERR_DATA` where either would; and for more than is read again, which would sign its user out
 */
export function writeMembers(members: Members, isJson: boolean): Buffer {
  const record = writtenMembers(members, isJson)
  if (record.length <= longestRecord) return record
  throw new SojournError('ERR_DATA', `The session takes ${record.length} bytes, and has 1 MB.`)
}

function writtenMembers(members: Members, isJson: boolean): Buffer {
  const packed = packMap([...members].map(([key, value]) => [bytesOfText(key), bytesOfText(value)]))
  const isPacked = isMessagePack(packed)
  const json = isJson || !isPacked ? jsonOf(unpackValue(packed, true)) : null
  if (json !== null) return Buffer.from(json)
  if (isPacked) return packed
  throw new SojournError(
    'ERR_DATA',
    'The session holds an integer that does not fit 64 bits, as JSON has, and what JSON has no form for.',
  )
}

/** It may hold an integer that only JSON has. */
function isMessagePack(packed: Buffer): boolean {
  try {
    unpackValue(packed)
    return true
  } catch {
    return false
  }
}

/** A value of Python's that is a member's: `True`, or `False`. */
export const truth = (value: boolean): string => textOfBytes(packPlain(value))
