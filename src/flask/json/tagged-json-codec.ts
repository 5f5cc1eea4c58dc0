import type { Codec } from '../../core/codec.ts'
import { createTuple, Markup, Uuid } from '../python-types.ts'
import { formatNode, type JsonMember, type JsonNode } from './ast.ts'
import { parseTaggedJson } from './parse.ts'
import { formatPlainJson, isShallow, parsePlainJson } from './plain-json.ts'
import { writeTaggedJson } from './write.ts'

/**
 * Flask's tagged JSON. `None`, `bool`, `str`, `list` and `dict` are the same as in JSON. The other types in JavaScript:
 *
 * - `int`: a number, above 2^53 - 1 a bigint; `float`: a number, including `NaN`, `Infinity` and `-Infinity`
 * - `tuple`: a frozen array, created by `tuple`; `bytes`: a `Uint8Array`
 * - `Markup`: a {@link Markup}; `UUID`: a {@link Uuid}
 * - `datetime`: a `Date` in the years 100 to 9999, written without milliseconds
 *
 * A new number is written as an int if it is whole, otherwise as a float. Unchanged values are written exactly as they were
 * read, also inside changed ones: 1.0 remains a float. Lists, dicts and objects are remembered with their source. For a number
 * or a text that is a member itself, `original` is the source.
 */
export const taggedJsonCodec: Codec = {
  parse(text) {
    const plain = parsePlainJson(text)
    return plain === undefined ? parseWithSources(text) : plain
  },

  stringify(value, path, original) {
    const plain = formatPlainJson(value, sourceOf)
    const isExact = original === undefined || plain === original || parsePlainJson(original) !== undefined
    if (plain !== null && isExact) return plain
    return writeTaggedJson(value, path, original === undefined ? undefined : tryParse(original), sourceOf)
  },
}

/** The source of each object that was read, if it would not be written exactly so without it. */
const sourceOf = new WeakMap<object, JsonNode>()

function parseWithSources(text: string): unknown {
  const node = parseTaggedJson(text)
  // Remember sources only if they matter, because that takes ten times longer than to read the values.
  const isExact = !wholeFloat.test(text) && isShallow(text) && formatNode(node) === text
  return toValue(node, !isExact)
}

/** A float such as 1.0, which JavaScript cannot tell from the integer. */
const wholeFloat = /\.0(?!\d)/

function toValue(node: JsonNode, keepsSource: boolean): unknown {
  const value = buildValue(node, keepsSource)
  if (keepsSource && typeof value === 'object' && value !== null) sourceOf.set(value, node)
  return value
}

function buildValue(node: JsonNode, keepsSource: boolean): unknown {
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
      return node.items.map((item) => toValue(item, keepsSource))
    case 'tuple':
      return createTuple(node.items.map((item) => toValue(item, keepsSource)))
    case 'dict':
      return buildObject(node.members, keepsSource)
    default:
      return node.value
  }
}

function buildObject(members: ReadonlyMap<string, JsonMember>, keepsSource: boolean): object {
  const object: Record<string, unknown> = {}
  for (const [key, { node }] of members) {
    const value = toValue(node, keepsSource)
    // Assigning to __proto__ would set the prototype.
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
