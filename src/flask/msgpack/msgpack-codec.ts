import type { Codec } from '../../core/codec.ts'
import { createTuple } from '../python-types.ts'
import { decodeMsgpack } from './decode.ts'
import { encodeValue, MsgpackExtension } from './encode-value.ts'
import { bytesToText, isTextKey, textToBytes, type MsgpackMember, type MsgpackNode } from './msgpack-node.ts'

/**
 * The codec for values in Flask-Session's records. Each text is MessagePack, one character a byte. `None`, `bool`, `str`, `list`
 * and `dict` are the same as in JSON. The other types in JavaScript:
 *
 * - `int`: a number, above 2^53 - 1 a bigint; `float`: a number, including `NaN` and the infinities
 * - `bytes`: a `Uint8Array`; a `datetime` with a time zone: a `Date`
 * - a `dict` with keys other than texts: a `Map`
 *
 * A new number is written as an int if it is whole, otherwise as a float. Unchanged values are written exactly as they were
 * read, also inside changed ones.
 *
 * @param isJson whether records are written as JSON, which has fewer types
 */
export const createMsgpackCodec = (isJson: boolean): Codec => ({
  parse: (text) => toValue(decodeMsgpack(textToBytes(text), true)),
  stringify: (value, path, original) => bytesToText(encodeValue(value, path, tryDecode(original), sourceOf, isJson)),
})

/** The source of each object that was read. */
const sourceOf = new WeakMap<object, MsgpackNode>()

function tryDecode(original: string | undefined): MsgpackNode | undefined {
  try {
    return original === undefined ? undefined : decodeMsgpack(textToBytes(original), true)
  } catch {
    return undefined
  }
}

function toValue(node: MsgpackNode): unknown {
  const value = buildValue(node)
  if (typeof value === 'object' && value !== null) sourceOf.set(value, node)
  return value
}

function buildValue(node: MsgpackNode): unknown {
  switch (node.kind) {
    case 'bytes':
      return new Uint8Array(textToBytes(node.value))
    case 'date':
      return new Date(node.value)
    case 'extension':
      return new MsgpackExtension(node.value)
    case 'list':
      return node.items.map(toValue)
    case 'map': {
      const members = [...node.members.values()]
      return members.every(isTextKey)
        ? buildObject(members)
        : new Map(members.map(({ key, node }) => [toMapKey(key), toValue(node)]))
    }
    default:
      return node.value
  }
}

// A list as a key is a tuple in Python, because lists cannot be keys.
const toMapKey = (key: MsgpackNode): unknown =>
  key.kind === 'list' ? createTuple(key.items.map(toValue)) : toValue(key)

function buildObject(members: readonly MsgpackMember[]): object {
  const object: Record<string, unknown> = {}
  for (const { key, node } of members) {
    const value = toValue(node)
    const name = String(key.kind === 'plain' && key.value)
    // Assigning to __proto__ would set the prototype.
    if (name !== '__proto__') object[name] = value
    else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
  }
  return object
}
