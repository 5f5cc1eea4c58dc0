import type { JsonMember, JsonNode } from './ast.ts'
import { tagNames } from './python-json.ts'
import { applyTag } from './tags.ts'

// Python's recursion limit allows Flask about 500 levels with Python 3.11 and 1,000 with 3.13, less its own stack.
const maxDepth = 900
// Python's limit for parsing an integer.
const maxIntegerDigits = 4300

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y
/** A text without escapes and without control characters, which JSON does not allow. */
const simpleStringPattern = /"[ !#-[\]-\uffff]*"/y
const literals = new Map<string | undefined, LiteralNode>([
  ['n', { kind: 'plain', value: null, source: 'null' }],
  ['t', { kind: 'plain', value: true, source: 'true' }],
  ['f', { kind: 'plain', value: false, source: 'false' }],
  ['N', { kind: 'float', value: NaN, source: 'NaN' }],
  ['I', { kind: 'float', value: Infinity, source: 'Infinity' }],
  ['-', { kind: 'float', value: -Infinity, source: '-Infinity' }],
])

const noMembers: ReadonlyMap<string, JsonMember> = new Map()

type LiteralNode = JsonNode & { kind: 'plain' | 'float' }

/**
 * Parses JSON as Python's `json.loads` does, and then Flask's tags if `isTagged`.
 *
 * This is one closure because all its functions advance the same position in the text.
 *
 * @throws `SyntaxError` for a text that Python or Flask rejects
 */
export function parseTaggedJson(text: string, isTagged = true): JsonNode {
  let at = 0
  const node = readValue(1)
  if (at < text.length) throw unreadableError()
  return node

  /** Reads a value and the white space around it. */
  function readValue(depth: number): JsonNode {
    skipSpace()
    const node = readUnspaced(depth)
    skipSpace()
    return node
  }

  function readUnspaced(depth: number): JsonNode {
    const first = text[at]
    if (first === '"') {
      const start = at
      const value = readText()
      return { kind: 'plain', value, source: text.slice(start, at) }
    }
    if (first === '{' || first === '[') {
      if (depth > maxDepth) throw unreadableError()
      return first === '{' ? readDict(depth) : readList(depth)
    }
    const word = literals.get(first)
    if (word === undefined || !text.startsWith(word.source, at)) return readNumber()
    at += word.source.length
    return word
  }

  function readDict(depth: number): JsonNode {
    const start = at++
    skipSpace()
    if (consume('}')) return { kind: 'dict', members: noMembers, source: text.slice(start, at) }
    const [firstKey, first] = readMember(depth)
    // Tags first, because most of them need no map.
    if (isTagged && tagNames.has(firstKey) && consume('}'))
      return Object.assign(applyTag(firstKey, first.node), { source: text.slice(start, at) })
    const members = new Map([[firstKey, first]])
    while (consume(',')) members.set(...readMember(depth))
    expect('}')
    const source = text.slice(start, at)
    // The same key twice is one member, which can be a tag.
    if (isTagged && members.size === 1 && tagNames.has(firstKey))
      return Object.assign(applyTag(firstKey, members.get(firstKey)!.node), { source })
    return { kind: 'dict', members, source }
  }

  function readMember(depth: number): [key: string, member: JsonMember] {
    skipSpace()
    const nameAt = at
    const key = readText()
    const name = text.slice(nameAt, at)
    skipSpace()
    expect(':')
    return [key, { name, node: readValue(depth + 1) }]
  }

  function readList(depth: number): JsonNode {
    const start = at++
    const items: JsonNode[] = []
    skipSpace()
    if (!consume(']')) {
      do items.push(readValue(depth + 1))
      while (consume(','))
      expect(']')
    }
    return { kind: 'list', items, source: text.slice(start, at) }
  }

  function readNumber(): JsonNode {
    numberPattern.lastIndex = at
    const source = numberPattern.exec(text)?.[0]
    if (source === undefined) throw unreadableError()
    at += source.length
    if (/[.eE]/.test(source)) return { kind: 'float', value: Number(source), source }
    if (source.length - (source[0] === '-' ? 1 : 0) > maxIntegerDigits) throw unreadableError()
    // Adding 0 turns -0 into 0: Python's integers have only one zero.
    const value = Number(source) + 0
    return { kind: 'plain', value: Number.isSafeInteger(value) ? value : BigInt(source), source }
  }

  function readText(): string {
    const start = at
    simpleStringPattern.lastIndex = at
    if (simpleStringPattern.test(text)) {
      at = simpleStringPattern.lastIndex
      return text.slice(start + 1, at - 1)
    }
    expect('"')
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
    expect('"')
    return JSON.parse(text.slice(start, at)) as string
  }

  function consume(char: string): boolean {
    if (text[at] !== char) return false
    at++
    return true
  }

  function expect(char: string): void {
    if (!consume(char)) throw unreadableError()
  }

  function skipSpace(): void {
    // Fast path, because most texts have no white space. At the end of the text, NaN > 0x20 is false.
    if (text.charCodeAt(at) > 0x20) return
    while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++
  }
}

const unreadableError = () => new SyntaxError('Flask cannot read this text.')
