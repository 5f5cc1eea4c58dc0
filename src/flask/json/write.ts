import { describeType, isPlainObject, pathStep, unsupportedValue } from '../../core/codec.ts'
import { isTuple, Markup, parseUuidDigits, Uuid } from '../python-types.ts'
import { formatNode, formatPlain, type JsonLeaf, type JsonMember, type JsonNode } from './ast.ts'
import { formatDict, formatTagged, orderKeys, tagNames } from './python-json.ts'

// Flask with Python 3.11 reads 400 levels however deep its own stack is. Values that were read may be deeper.
const maxNewDepth = 400
const maxOriginalDepth = 900
const noMembers: ReadonlyMap<string, JsonMember> = new Map()

/**
 * Writes a value. Unchanged parts are written exactly as they were read: `original` is the source of the value, and `sourceOf`
 * has the sources of objects.
 *
 * This is one closure because its functions share the path and the ancestors of the current value.
 *
 * @throws `ERR_DATA` if Flask has no form for a value; its message names the path, which begins with `path`
 */
export function writeTaggedJson(
  value: unknown,
  path: string,
  original: JsonNode | undefined,
  sourceOf: { get(object: object): JsonNode | undefined },
): string {
  const ancestors = new Set<object>()
  const pathSteps: (number | string)[] = []
  return writeValue(value, original, 1)

  function writeValue(value: unknown, original: JsonNode | undefined, depth: number): string {
    if (isPlain(value)) return isUnchanged(value, original) ? original.source : formatPlain(value)
    if (typeof value === 'bigint') return writeInteger(value)
    if (typeof value !== 'object') throw unsupported(describeType(value))
    const source = sourceOf.get(value) ?? original
    const leaf = toLeaf(value)
    if (leaf !== null)
      return source?.kind === leaf.kind && source.value === leaf.value ? source.source : writeLeaf(leaf)
    if (!Array.isArray(value) && !isPlainObject(value)) throw unsupported(describeType(value))
    if (ancestors.has(value)) throw unsupported('a cycle')
    if (depth > (source === undefined ? maxNewDepth : maxOriginalDepth))
      throw unsupported('a value that is nested too deeply')
    ancestors.add(value)
    const text = Array.isArray(value) ? writeList(value, source, depth) : writeDict(value, source, depth)
    ancestors.delete(value)
    return text
  }

  function writeList(items: readonly unknown[], source: JsonNode | undefined, depth: number): string {
    const kind = isTuple(items) ? 'tuple' : 'list'
    const originalItems = source !== undefined && 'items' in source ? source.items : []
    // Look for whole floats at other positions too, because the list may have lost an item. Otherwise 1.0 would become 1.
    const floats = new Map<number, JsonNode>()
    for (const node of originalItems) if (node.kind === 'float') floats.set(node.value, node)
    const texts = Array.from(items, (item, index) => {
      const node = originalItems[index]
      const moved = typeof item === 'number' && !isUnchanged(item, node) ? floats.get(item) : undefined
      return writeMember(index, item, moved ?? node, depth + (kind === 'tuple' ? 2 : 1))
    })
    const isSameShape = source?.kind === kind && originalItems.length === texts.length
    if (isSameShape && originalItems.every((node, index) => node.source === texts[index])) return source.source
    const text = `[${texts.join(',')}]`
    return kind === 'tuple' ? formatTagged(' t', text) : text
  }

  function writeDict(dict: object, source: JsonNode | undefined, depth: number): string {
    const originalMembers = source?.kind === 'dict' ? source.members : noMembers
    const keys = Object.keys(dict).filter((key) => Reflect.get(dict, key) !== undefined)
    const childDepth = depth + (keys.length === 1 && tagNames.has(keys[0]!) ? 2 : 1)
    const texts = new Map(
      keys.map(
        (key) => [key, writeMember(key, Reflect.get(dict, key), originalMembers.get(key)?.node, childDepth)] as const,
      ),
    )
    const isSameShape = source?.kind === 'dict' && originalMembers.size === texts.size
    if (isSameShape && keys.every((key) => originalMembers.get(key)?.node.source === texts.get(key)))
      return source.source
    return formatDict(
      orderKeys(keys, [...originalMembers.keys()]).map((key) => [key, texts.get(key)!, originalMembers.get(key)?.name]),
    )
  }

  function writeMember(key: number | string, value: unknown, original: JsonNode | undefined, depth: number): string {
    pathSteps.push(key)
    const text = writeValue(value, original, depth)
    pathSteps.pop()
    return text
  }

  function writeInteger(value: bigint): string {
    const text = String(value)
    // Python's limit for parsing an integer.
    if (text.replace('-', '').length > 4300) throw unsupported('an integer of more than 4300 digits')
    return text
  }

  function writeLeaf(leaf: JsonLeaf): string {
    if (leaf.kind === 'date') {
      const year = new Date(leaf.value ?? NaN).getUTCFullYear()
      if (!(year >= 100 && year <= 9999)) throw unsupported('a Date that is invalid or outside the years 100 to 9999')
    }
    return formatNode({ ...leaf, source: '' })
  }

  function unsupported(what: string) {
    const supported = 'text, numbers, booleans, null, lists, plain objects, Date, Uint8Array, tuple, Markup and Uuid'
    return unsupportedValue(path + pathSteps.map(pathStep).join(''), what, 'Flask', supported)
  }
}

type Plain = null | boolean | string | number

const isPlain = (value: unknown): value is Plain =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

/** Returns whether a value is the same as when it was read. */
function isUnchanged(value: Plain, original: JsonNode | undefined): original is JsonNode {
  if (original === undefined || !('value' in original)) return false
  const isPlainNode = original.kind === 'plain' || original.kind === 'float' || original.value === null
  return isPlainNode && Object.is(original.value, value)
}

function toLeaf(value: object): JsonLeaf | null {
  if (value instanceof Date) return { kind: 'date', value: Math.floor(value.getTime() / 1000) * 1000 }
  if (value instanceof Uint8Array) return { kind: 'bytes', value: Buffer.from(value).toString('base64') }
  if (value instanceof Markup) return { kind: 'markup', value: value.html }
  if (value instanceof Uuid) return { kind: 'uuid', value: parseUuidDigits(value.text)! }
  return null
}
