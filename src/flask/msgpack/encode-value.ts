import { unsupportedValue, isPlainObject, describeType, pathStep } from '../../core/codec.ts'
import { decode, deepest, keyName } from './decode.ts'
import {
  encodeBytes,
  encodeDate,
  encodeFloat,
  encodeInteger,
  encodeList,
  encodeMap,
  encodePlain,
  fitsMsgpack,
} from './encode.ts'
import { bytesOf, bytesOfText, textOfBytes, type Leaf, type Member, type Node } from './msgpack-node.ts'

const none: ReadonlyMap<string, Member> = new Map()

/** What came of an extension that is no timestamp: kept as it is, for nobody here knows what it means. */
export class Extension {
  readonly value: string

  constructor(value: string) {
    this.value = value
    Object.freeze(this)
  }
}

/**
 * Writes a value as MessagePack, and as it stood what is as it stood: `came` is how the value did, `origins` knows it of
 * objects. `isJson` refuses what JSON has no form for, but as it came.
 *
 * @throws `ERR_DATA` with the path, of which `path` is the beginning, for what Flask-Session has no value for
 */
export function encodeValue(
  value: unknown,
  path: string,
  came: Node | undefined,
  origins: { get(object: object): Node | undefined },
  isJson: boolean,
): Buffer {
  const above: object[] = []
  const steps: (number | string)[] = []
  return writeValue(value, came, 1)

  function writeValue(value: unknown, came: Node | undefined, depth: number): Buffer {
    if (isStill(value, came)) return bytesOf(came)
    if (isPlain(value)) return writePlain(value)
    if (typeof value === 'bigint') {
      if (!isJson && !fitsMsgpack(value)) throw lost('an integer that does not fit 64 bits')
      return encodeInteger(value)
    }
    if (typeof value !== 'object' || value === null) throw lost(describeType(value))
    const origin = origins.get(value) ?? came
    const leaf = leafOf(value)
    if (leaf !== null) {
      if (origin?.kind === leaf.kind && origin.value === leaf.value) return bytesOf(origin)
      if (isJson) throw lost(describeType(value))
      return writeLeaf(leaf)
    }
    if (!Array.isArray(value) && !(value instanceof Map) && !isPlainObject(value)) throw lost(describeType(value))
    if (above.includes(value)) throw lost('a cycle')
    if (depth > deepest) throw lost('what is nested too deeply')
    above.push(value)
    const bytes = Array.isArray(value) ? writeList(value, origin, depth) : writeMap(value, origin, depth)
    above.pop()
    if (isJson && value instanceof Map && !(origin && bytes.equals(bytesOf(origin)))) throw lost(describeType(value))
    return bytes
  }

  function writePlain(value: null | boolean | string | number): Buffer {
    if (typeof value === 'string' && /\p{Cs}/u.test(value)) throw lost('a text with half a surrogate pair')
    if (typeof value !== 'number' || (Number.isSafeInteger(value) && !Object.is(value, -0))) return encodePlain(value)
    if (isJson && !Number.isFinite(value)) throw lost(describeType(value))
    return encodeFloat(value)
  }

  function writeList(items: readonly unknown[], origin: Node | undefined, depth: number): Buffer {
    const came = origin?.kind === 'list' ? origin.items : []
    // Whole floats are found at another place too, since a list may have lost its first item.
    const floats = new Map<number, Node>()
    for (const node of came) if (node.kind === 'float') floats.set(node.value, node)
    const written = Array.from(items, (item, index) => {
      const node = came[index]
      const moved = typeof item === 'number' && !isStill(item, node) ? floats.get(item) : undefined
      return writeMember(index, item, moved ?? node, depth)
    })
    const isAsLong = origin?.kind === 'list' && came.length === written.length
    return isAsLong && Buffer.concat(written).equals(bytesOfAll(came)) ? bytesOf(origin) : encodeList(written)
  }

  function writeMap(map: object, origin: Node | undefined, depth: number): Buffer {
    const came = origin?.kind === 'map' ? origin.members : none
    const written = new Map<string, readonly [key: Buffer, value: Buffer]>()
    for (const [key, member] of map instanceof Map ? map : Object.entries(map)) {
      if (member === undefined) continue
      const keyBytes = writeMember(typeof key === 'string' ? key : '(key)', key, undefined, depth)
      const name = keyName(decode(keyBytes, true))
      const stood = came.get(name)
      written.set(name, [
        stood === undefined ? keyBytes : bytesOf(stood.key),
        writeMember(String(key), member, stood?.node, depth),
      ])
    }
    const names = [...came.keys()].filter((name) => written.has(name))
    const isSame = names.length === came.size && names.length === written.size
    if (
      origin?.kind === 'map' &&
      isSame &&
      names.every((name) => bytesOf(came.get(name)!.node).equals(written.get(name)![1]))
    )
      return bytesOf(origin)
    // What stood keeps its place, since an object would put keys that look like integers first.
    return encodeMap([...new Set([...names, ...written.keys()])].map((name) => written.get(name)!))
  }

  function writeMember(key: number | string, value: unknown, came: Node | undefined, depth: number): Buffer {
    steps.push(key)
    const bytes = writeValue(value, came, depth + 1)
    steps.pop()
    return bytes
  }

  function writeLeaf(leaf: Leaf & { kind: 'bytes' | 'date' | 'extension' }): Buffer {
    if (leaf.kind === 'bytes') return encodeBytes(bytesOfText(leaf.value))
    if (leaf.kind === 'extension') throw lost('what is no value of its own')
    const year = new Date(leaf.value).getUTCFullYear()
    if (!(year >= 1 && year <= 9999)) throw lost('a Date that is invalid, or not of the years 1 to 9999')
    return encodeDate(leaf.value)
  }

  function lost(what: string) {
    const more = isJson ? '' : ', Map, Date and Uint8Array'
    const kept = `text, numbers, booleans, null, lists${isJson ? ' and' : ','} plain objects${more}`
    return unsupportedValue(path + steps.map(pathStep).join(''), what, 'Flask-Session', kept)
  }
}

type Plain = null | boolean | string | number

const isPlain = (value: unknown): value is Plain =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

/** The bytes of values that stood one after the other. */
function bytesOfAll(nodes: readonly Node[]): Buffer {
  const [first] = nodes
  return first === undefined ? Buffer.alloc(0) : bytesOf({ ...first, end: nodes.at(-1)!.end })
}

/** Whether a value is the one that came. */
const isStill = (value: unknown, came: Node | undefined): came is Node =>
  (came?.kind === 'plain' || came?.kind === 'float') && Object.is(came.value, value)

function leafOf(value: object): (Leaf & { kind: 'bytes' | 'date' | 'extension' }) | null {
  if (value instanceof Date) return { kind: 'date', value: value.getTime() }
  if (value instanceof Uint8Array) return { kind: 'bytes', value: textOfBytes(Buffer.from(value)) }
  if (value instanceof Extension) return { kind: 'extension', value: value.value }
  return null
}
