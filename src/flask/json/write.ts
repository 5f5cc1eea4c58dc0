import { unsupportedValue, isPlainObject, describeType, pathStep } from '../../core/codec.ts'
import { isTuple, Markup, Uuid, uuidDigits } from '../python-types.ts'
import { dictText, ordered, tagged, tags } from './python-json.ts'
import { flaskText, plainText, type Leaf, type Member, type Node } from './ast.ts'

// As deep as Flask reads with Python 3.11 whatever else stands on its stack; what came deeper goes back.
const deepest = 400
const deepestThatCame = 900
const none: ReadonlyMap<string, Member> = new Map()

/**
 * Writes a value, and as it stood what is as it stood: `came` is how the value did, `origins` knows it of objects.
 *
 * @throws `ERR_DATA` with the path, of which `path` is the beginning, for what Flask has no value for
 */
export function write(
  value: unknown,
  path: string,
  came: Node | undefined,
  origins: { get(object: object): Node | undefined },
): string {
  const above: object[] = []
  const steps: (number | string)[] = []
  return writeValue(value, came, 1)

  function writeValue(value: unknown, came: Node | undefined, depth: number): string {
    if (isPlain(value)) return isStill(value, came) ? came.source : plainText(value)
    if (typeof value === 'bigint') return writeInteger(value)
    if (typeof value !== 'object') throw lost(describeType(value))
    const origin = origins.get(value) ?? came
    const leaf = leafOf(value)
    if (leaf !== null)
      return origin?.kind === leaf.kind && origin.value === leaf.value ? origin.source : writeLeaf(leaf)
    if (!Array.isArray(value) && !isPlainObject(value)) throw lost(describeType(value))
    if (above.includes(value)) throw lost('a cycle')
    if (depth > (origin === undefined ? deepest : deepestThatCame)) throw lost('what is nested too deeply')
    above.push(value)
    const text = Array.isArray(value) ? writeList(value, origin, depth) : writeDict(value, origin, depth)
    above.pop()
    return text
  }

  function writeList(items: readonly unknown[], origin: Node | undefined, depth: number): string {
    const kind = isTuple(items) ? 'tuple' : 'list'
    const came = origin !== undefined && 'items' in origin ? origin.items : []
    // Whole floats are found at another place too, since a list may have lost its first item.
    const floats = new Map<number, Node>()
    for (const node of came) if (node.kind === 'float') floats.set(node.value, node)
    const texts = Array.from(items, (item, index) => {
      const node = came[index]
      const moved = typeof item === 'number' && !isStill(item, node) ? floats.get(item) : undefined
      return writeMember(index, item, moved ?? node, depth + (kind === 'tuple' ? 2 : 1))
    })
    const still = origin?.kind === kind && came.length === texts.length
    if (still && came.every((node, index) => node.source === texts[index])) return origin.source
    const text = `[${texts.join(',')}]`
    return kind === 'tuple' ? tagged(' t', text) : text
  }

  function writeDict(dict: object, origin: Node | undefined, depth: number): string {
    const came = origin?.kind === 'dict' ? origin.members : none
    const keys = Object.keys(dict).filter((key) => Reflect.get(dict, key) !== undefined)
    const below = depth + (keys.length === 1 && tags.has(keys[0]!) ? 2 : 1)
    const texts = new Map(
      keys.map((key) => [key, writeMember(key, Reflect.get(dict, key), came.get(key)?.node, below)] as const),
    )
    const still = origin?.kind === 'dict' && came.size === texts.size
    if (still && keys.every((key) => came.get(key)?.node.source === texts.get(key))) return origin.source
    return dictText(ordered(keys, [...came.keys()]).map((key) => [key, texts.get(key)!, came.get(key)?.name]))
  }

  function writeMember(key: number | string, value: unknown, came: Node | undefined, depth: number): string {
    steps.push(key)
    const text = writeValue(value, came, depth)
    steps.pop()
    return text
  }

  function writeInteger(value: bigint): string {
    const text = String(value)
    // Python reads no integer of more digits.
    if (text.replace('-', '').length > 4300) throw lost('an integer of more than 4300 digits')
    return text
  }

  function writeLeaf(leaf: Leaf): string {
    if (leaf.kind === 'date') {
      const year = new Date(leaf.value ?? NaN).getUTCFullYear()
      if (!(year >= 100 && year <= 9999)) throw lost('a Date that is invalid, or not of the years 100 to 9999')
    }
    return flaskText({ ...leaf, source: '' })
  }

  function lost(what: string) {
    const kept = 'text, numbers, booleans, null, lists, plain objects, Date, Uint8Array, tuple, Markup and Uuid'
    return unsupportedValue(path + steps.map(pathStep).join(''), what, 'Flask', kept)
  }
}

type Plain = null | boolean | string | number

const isPlain = (value: unknown): value is Plain =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

/** Whether a value is the one that came. */
function isStill(value: Plain, came: Node | undefined): came is Node {
  if (came === undefined || !('value' in came)) return false
  const face = came.kind === 'plain' || came.kind === 'float' || came.value === null
  return face && Object.is(came.value, value)
}

function leafOf(value: object): Leaf | null {
  if (value instanceof Date) return { kind: 'date', value: Math.floor(value.getTime() / 1000) * 1000 }
  if (value instanceof Uint8Array) return { kind: 'bytes', value: Buffer.from(value).toString('base64') }
  if (value instanceof Markup) return { kind: 'markup', value: value.html }
  if (value instanceof Uuid) return { kind: 'uuid', value: uuidDigits(value.text)! }
  return null
}
