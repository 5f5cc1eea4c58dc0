import { describeType, isPlainObject, pathStep, unsupportedValue } from '../../core/codec.ts'
import { decodeMsgpack, maxMsgpackDepth, normalizeKey } from './decode.ts'
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
import {
  bytesToText,
  sourceBytes,
  textToBytes,
  type MsgpackLeaf,
  type MsgpackMember,
  type MsgpackNode,
} from './msgpack-node.ts'

const noMembers: ReadonlyMap<string, MsgpackMember> = new Map()

/** A MessagePack extension that is no timestamp. It is written back unchanged, because its meaning is unknown. */
export class MsgpackExtension {
  readonly value: string

  constructor(value: string) {
    this.value = value
    Object.freeze(this)
  }
}

/**
 * Encodes a value as MessagePack. Unchanged parts are written exactly as they were read: `original` is the source of the value,
 * and `sourceOf` has the sources of objects. With `isJson`, a value that JSON has no form for must be unchanged.
 *
 * This is one closure because its functions share the path and the ancestors of the current value.
 *
 * @throws `ERR_DATA` if Flask-Session has no form for a value; its message names the path, which begins with `path`
 */
export function encodeValue(
  value: unknown,
  path: string,
  original: MsgpackNode | undefined,
  sourceOf: { get(object: object): MsgpackNode | undefined },
  isJson: boolean,
): Buffer {
  const ancestors = new Set<object>()
  const pathSteps: (number | string)[] = []
  return writeValue(value, original, 1)

  function writeValue(value: unknown, original: MsgpackNode | undefined, depth: number): Buffer {
    if (isUnchanged(value, original)) return sourceBytes(original)
    if (isPlain(value)) return writePlain(value)
    if (typeof value === 'bigint') {
      if (!isJson && !fitsMsgpack(value)) throw unsupported('an integer that does not fit 64 bits')
      return encodeInteger(value)
    }
    if (typeof value !== 'object' || value === null) throw unsupported(describeType(value))
    const source = sourceOf.get(value) ?? original
    const leaf = toLeaf(value)
    if (leaf !== null) {
      if (source?.kind === leaf.kind && source.value === leaf.value) return sourceBytes(source)
      if (isJson) throw unsupported(describeType(value))
      return writeLeaf(leaf)
    }
    if (!Array.isArray(value) && !(value instanceof Map) && !isPlainObject(value))
      throw unsupported(describeType(value))
    if (ancestors.has(value)) throw unsupported('a cycle')
    if (depth > maxMsgpackDepth) throw unsupported('a value that is nested too deeply')
    ancestors.add(value)
    const bytes = Array.isArray(value) ? writeList(value, source, depth) : writeMap(value, source, depth)
    ancestors.delete(value)
    if (isJson && value instanceof Map && !(source && bytes.equals(sourceBytes(source))))
      throw unsupported(describeType(value))
    return bytes
  }

  function writePlain(value: null | boolean | string | number): Buffer {
    if (typeof value === 'string' && /\p{Cs}/u.test(value)) throw unsupported('a text with half a surrogate pair')
    if (typeof value !== 'number' || (Number.isSafeInteger(value) && !Object.is(value, -0))) return encodePlain(value)
    if (isJson && !Number.isFinite(value)) throw unsupported(describeType(value))
    return encodeFloat(value)
  }

  function writeList(items: readonly unknown[], source: MsgpackNode | undefined, depth: number): Buffer {
    const originalItems = source?.kind === 'list' ? source.items : []
    // Look for whole floats at other positions too, because the list may have lost an item. Otherwise 1.0 would become 1.
    const floats = new Map<number, MsgpackNode>()
    for (const node of originalItems) if (node.kind === 'float') floats.set(node.value, node)
    const written = Array.from(items, (item, index) => {
      const node = originalItems[index]
      const moved = typeof item === 'number' && !isUnchanged(item, node) ? floats.get(item) : undefined
      return writeMember(index, item, moved ?? node, depth)
    })
    const isSameLength = source?.kind === 'list' && originalItems.length === written.length
    return isSameLength && Buffer.concat(written).equals(joinSourceBytes(originalItems))
      ? sourceBytes(source)
      : encodeList(written)
  }

  function writeMap(map: object, source: MsgpackNode | undefined, depth: number): Buffer {
    const originalMembers = source?.kind === 'map' ? source.members : noMembers
    const written = new Map<string, readonly [key: Buffer, value: Buffer]>()
    for (const [key, member] of map instanceof Map ? map : Object.entries(map)) {
      if (member === undefined) continue
      const keyBytes = writeMember(typeof key === 'string' ? key : '(key)', key, undefined, depth)
      const name = normalizeKey(decodeMsgpack(keyBytes, true))
      const originalMember = originalMembers.get(name)
      written.set(name, [
        originalMember === undefined ? keyBytes : sourceBytes(originalMember.key),
        writeMember(String(key), member, originalMember?.node, depth),
      ])
    }
    const names = [...originalMembers.keys()].filter((name) => written.has(name))
    const isSame = names.length === originalMembers.size && names.length === written.size
    if (
      source?.kind === 'map' &&
      isSame &&
      names.every((name) => sourceBytes(originalMembers.get(name)!.node).equals(written.get(name)![1]))
    )
      return sourceBytes(source)
    // Keep the original order, because an object moves keys that look like integers to the front.
    return encodeMap([...new Set([...names, ...written.keys()])].map((name) => written.get(name)!))
  }

  function writeMember(key: number | string, value: unknown, original: MsgpackNode | undefined, depth: number): Buffer {
    pathSteps.push(key)
    const bytes = writeValue(value, original, depth + 1)
    pathSteps.pop()
    return bytes
  }

  function writeLeaf(leaf: MsgpackLeaf & { kind: 'bytes' | 'date' | 'extension' }): Buffer {
    if (leaf.kind === 'bytes') return encodeBytes(textToBytes(leaf.value))
    if (leaf.kind === 'extension') throw unsupported('an unknown MessagePack extension')
    const year = new Date(leaf.value).getUTCFullYear()
    if (!(year >= 1 && year <= 9999)) throw unsupported('a Date that is invalid or outside the years 1 to 9999')
    return encodeDate(leaf.value)
  }

  function unsupported(what: string) {
    const more = isJson ? '' : ', Map, Date and Uint8Array'
    const supported = `text, numbers, booleans, null, lists${isJson ? ' and' : ','} plain objects${more}`
    return unsupportedValue(path + pathSteps.map(pathStep).join(''), what, 'Flask-Session', supported)
  }
}

type Plain = null | boolean | string | number

const isPlain = (value: unknown): value is Plain =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

/** Returns the source bytes of adjacent values. */
function joinSourceBytes(nodes: readonly MsgpackNode[]): Buffer {
  const [first] = nodes
  return first === undefined ? Buffer.alloc(0) : sourceBytes({ ...first, end: nodes.at(-1)!.end })
}

/** Returns whether a value is the same as when it was read. */
const isUnchanged = (value: unknown, original: MsgpackNode | undefined): original is MsgpackNode =>
  (original?.kind === 'plain' || original?.kind === 'float') && Object.is(original.value, value)

function toLeaf(value: object): (MsgpackLeaf & { kind: 'bytes' | 'date' | 'extension' }) | null {
  if (value instanceof Date) return { kind: 'date', value: value.getTime() }
  if (value instanceof Uint8Array) return { kind: 'bytes', value: bytesToText(Buffer.from(value)) }
  if (value instanceof MsgpackExtension) return { kind: 'extension', value: value.value }
  return null
}
