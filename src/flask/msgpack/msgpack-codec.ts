import type { Codec } from '../../core/codec.ts'
import { tupleOf } from '../python-types.ts'
import { decode } from './decode.ts'
import { bytesOfText, isTextKey, textOfBytes, type Member, type Node } from './msgpack-node.ts'
import { encodeValue, Extension } from './encode-value.ts'

/**
 * The values of Flask-Session's records, each text its MessagePack, a byte a character. `None`, `bool`, `str`, `list` and
 * `dict` are what they are in JSON; the others have these faces:
 *
 * - `int`: a number, above 2^53 - 1 a bigint; `float`: a number, `NaN` and the infinities among them
 * - `bytes`: a `Uint8Array`; a `datetime` that knows its zone: a `Date`
 * - a `dict` with keys that are no texts: a `Map`
 *
 * A new number is written as an int where it is whole, as a float otherwise. What was read and not changed is written as
 * it stood, also inside of what did change.
 *
 * @param isJson whether records are to be JSON, which has less
 */
export const msgpackCodec = (isJson: boolean): Codec => ({
  parse: (text) => faceOf(decode(bytesOfText(text), true)),
  stringify: (value, path, came) => textOfBytes(encodeValue(value, path, nodeOf(came), origins, isJson)),
})

/** How each object stood that was read. */
const origins = new WeakMap<object, Node>()

function nodeOf(came: string | undefined): Node | undefined {
  try {
    return came === undefined ? undefined : decode(bytesOfText(came), true)
  } catch {
    return undefined
  }
}

function faceOf(node: Node): unknown {
  const face = withoutOrigin(node)
  if (typeof face === 'object' && face !== null) origins.set(face, node)
  return face
}

function withoutOrigin(node: Node): unknown {
  switch (node.kind) {
    case 'bytes':
      return new Uint8Array(bytesOfText(node.value))
    case 'date':
      return new Date(node.value)
    case 'extension':
      return new Extension(node.value)
    case 'list':
      return node.items.map(faceOf)
    case 'map': {
      const members = [...node.members.values()]
      return members.every(isTextKey)
        ? objectOf(members)
        : new Map(members.map(({ key, node }) => [keyOf(key), faceOf(node)]))
    }
    default:
      return node.value
  }
}

// In Python, what is a key is a tuple.
const keyOf = (key: Node): unknown => (key.kind === 'list' ? tupleOf(key.items.map(faceOf)) : faceOf(key))

function objectOf(members: readonly Member[]): object {
  const object: Record<string, unknown> = {}
  for (const { key, node } of members) {
    const value = faceOf(node)
    const name = String(key.kind === 'plain' && key.value)
    // Plain assignment would set the prototype.
    if (name !== '__proto__') object[name] = value
    else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
  }
  return object
}
