import type { Codec } from '../../core/codec.ts'
import { Markup, tupleOf, Uuid } from '../python-types.ts'
import { parse } from './parse.ts'
import type { Member, Node } from './ast.ts'
import { write } from './write.ts'

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
export const taggedJson: Codec = {
  parse: (text) => faceOf(parse(text)),
  stringify: (value, path, came) => write(value, path, came === undefined ? undefined : parseIfPossible(came), origins),
}

/** How each object stood that was read. */
const origins = new WeakMap<object, Node>()

function faceOf(node: Node): unknown {
  const face = withoutOrigin(node)
  if (typeof face === 'object' && face !== null) origins.set(face, node)
  return face
}

function withoutOrigin(node: Node): unknown {
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
      return node.items.map(faceOf)
    case 'tuple':
      return tupleOf(node.items.map(faceOf))
    case 'dict':
      return objectOf(node.members)
    default:
      return node.value
  }
}

function objectOf(members: ReadonlyMap<string, Member>): object {
  const object: Record<string, unknown> = {}
  for (const [key, { node }] of members) {
    const value = faceOf(node)
    // Plain assignment would set the prototype.
    if (key !== '__proto__') object[key] = value
    else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  }
  return object
}

function parseIfPossible(text: string): Node | undefined {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}
