import type { Codec } from '../../core/codec.ts'
import { createTuple, Markup, Uuid } from '../python-types.ts'
import type { JsonMember, JsonNode } from './ast.ts'
import { parseTaggedJson } from './parse.ts'
import { writeTaggedJson } from './write.ts'

/**
 * Flask's tagged JSON. `None`, `bool`, `str`, `list` and `dict` are what they are in JSON; the others have these faces:
 *
 * - `int`: a number, above 2^53 - 1 a bigint; `float`: a number, `NaN`, `Infinity` and `-Infinity` among them
 * - `tuple`: a frozen array, made by `tuple`; `bytes`: a `Uint8Array`
 * - `Markup`: a {@link Markup}; `UUID`: a {@link Uuid}
 * - `datetime`: a `Date` of the years 100 to 9999, which is written without its milliseconds
 *
 * A new number is written as an int where it is whole, as a float otherwise. What was read and not changed is written as
 * it stood, also inside of what did change: 1.0 stays a float. Lists, dicts and objects remember how they stood; for a
 * number or a text by itself, `came` tells it.
 */
export const taggedJsonCodec: Codec = {
  parse: (text) => toValue(parseTaggedJson(text)),
  stringify: (value, path, came) =>
    writeTaggedJson(value, path, came === undefined ? undefined : tryParse(came), sourceOf),
}

/** How each object stood that was read. */
const sourceOf = new WeakMap<object, JsonNode>()

function toValue(node: JsonNode): unknown {
  const value = buildValue(node)
  if (typeof value === 'object' && value !== null) sourceOf.set(value, node)
  return value
}

function buildValue(node: JsonNode): unknown {
  switch (node.kind) {
    case 'bytes':
      return new Uint8Array(Buffer.from(node.value, 'base64'))
    case 'markup':
      return new Markup(node.value)
    case 'uuid':
      return new Uuid(node.value)
    case 'date':
      return node.value === null ? null : new Date(node.value)
    case 'list':
      return node.items.map(toValue)
    case 'tuple':
      return createTuple(node.items.map(toValue))
    case 'dict':
      return buildObject(node.members)
    default:
      return node.value
  }
}

function buildObject(members: ReadonlyMap<string, JsonMember>): object {
  const object: Record<string, unknown> = {}
  for (const [key, { node }] of members) {
    const value = toValue(node)
    // Plain assignment would set the prototype.
    if (key !== '__proto__') object[key] = value
    else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  }
  return object
}

function tryParse(text: string): JsonNode | undefined {
  try {
    return parseTaggedJson(text)
  } catch {
    return undefined
  }
}
