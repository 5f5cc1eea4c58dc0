import { tags } from './python-json.ts'
import { untag } from './tags.ts'
import type { Member, Node } from './ast.ts'

// Flask reads 500 levels with Python 3.11 and 1,000 with Python 3.13, less what stands on its stack.
const deepest = 900
// Python reads no integer with more digits.
const mostDigits = 4300

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y
/** A text without escapes, and without what Python and JSON refuse in one. */
const plainText = /"[ !#-[\]-\uffff]*"/y
const words = new Map<string | undefined, Word>([
  ['n', { kind: 'plain', value: null, source: 'null' }],
  ['t', { kind: 'plain', value: true, source: 'true' }],
  ['f', { kind: 'plain', value: false, source: 'false' }],
  ['N', { kind: 'float', value: NaN, source: 'NaN' }],
  ['I', { kind: 'float', value: Infinity, source: 'Infinity' }],
  ['-', { kind: 'float', value: -Infinity, source: '-Infinity' }],
])

type Word = Node & { kind: 'plain' | 'float' }

/** Reads JSON as Python's `json.loads` does, then Flask's tags unless told not to. @throws `SyntaxError` for what either refuses */
export function parse(text: string, isTagged = true): Node {
  let at = 0
  const node = readValue(1)
  if (at < text.length) throw refused()
  return node

  /** Reads a value and the space around it. */
  function readValue(depth: number): Node {
    skipSpace()
    const node = readBare(depth)
    skipSpace()
    return node
  }

  function readBare(depth: number): Node {
    const first = text[at]
    if (first === '"') {
      const start = at
      const value = readText()
      return { kind: 'plain', value, source: text.slice(start, at) }
    }
    if (first === '{' || first === '[') {
      if (depth > deepest) throw refused()
      return first === '{' ? readDict(depth) : readList(depth)
    }
    const word = words.get(first)
    if (word === undefined || !text.startsWith(word.source, at)) return readNumber()
    at += word.source.length
    return word
  }

  function readDict(depth: number): Node {
    const start = at++
    const members = new Map<string, Member>()
    skipSpace()
    if (!take('}')) {
      do {
        skipSpace()
        const nameAt = at
        const key = readText()
        const name = text.slice(nameAt, at)
        skipSpace()
        expect(':')
        members.set(key, { name, node: readValue(depth + 1) })
      } while (take(','))
      expect('}')
    }
    const source = text.slice(start, at)
    const [first] = members
    if (isTagged && members.size === 1 && tags.has(first![0])) return { ...untag(first![0], first![1].node), source }
    return { kind: 'dict', members, source }
  }

  function readList(depth: number): Node {
    const start = at++
    const items: Node[] = []
    skipSpace()
    if (!take(']')) {
      do items.push(readValue(depth + 1))
      while (take(','))
      expect(']')
    }
    return { kind: 'list', items, source: text.slice(start, at) }
  }

  function readNumber(): Node {
    number.lastIndex = at
    const source = number.exec(text)?.[0]
    if (source === undefined) throw refused()
    at += source.length
    if (/[.eE]/.test(source)) return { kind: 'float', value: Number(source), source }
    if (source.length - (source[0] === '-' ? 1 : 0) > mostDigits) throw refused()
    // Python's integers have one zero.
    const value = Number(source) + 0
    return { kind: 'plain', value: Number.isSafeInteger(value) ? value : BigInt(source), source }
  }

  function readText(): string {
    const start = at
    plainText.lastIndex = at
    if (plainText.test(text)) {
      at = plainText.lastIndex
      return text.slice(start + 1, at - 1)
    }
    expect('"')
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
    expect('"')
    return JSON.parse(text.slice(start, at)) as string
  }

  function take(char: string): boolean {
    if (text[at] !== char) return false
    at++
    return true
  }

  function expect(char: string): void {
    if (!take(char)) throw refused()
  }

  function skipSpace(): void {
    // Most have none: NaN, at the end, is not greater.
    if (text.charCodeAt(at) > 0x20) return
    while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++
  }
}

const refused = () => new SyntaxError('The text is none that Flask reads.')
