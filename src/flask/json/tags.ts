import { parseUuidDigits } from '../python-types.ts'
import type { JsonMember, JsonNode, JsonNodeKind } from './ast.ts'
import { parseHttpDate } from './http-date.ts'
import { formatFloat, quoteText } from './python-json.ts'

/** Applies a tag to its value. @throws `SyntaxError` if the value does not fit the tag */
export function applyTag(tag: string, node: JsonNode): JsonNodeKind {
  switch (tag) {
    case ' t':
      if (node.kind === 'list' || node.kind === 'tuple') return { kind: 'tuple', items: node.items }
      break
    case ' b':
      if (isText(node) && isBase64(node.value)) return { kind: 'bytes', value: normalizeBase64(node.value) }
      break
    case ' m': {
      const html = toPythonString(node)
      if (html !== null) return { kind: 'markup', value: html }
      break
    }
    case ' u': {
      const digits = isText(node) ? parseUuidDigits(node.value) : null
      if (digits !== null) return { kind: 'uuid', value: digits }
      break
    }
    case ' d':
      if (isFalsy(node)) return { kind: 'date', value: null }
      if (isText(node)) return { kind: 'date', value: parseHttpDate(node.value) }
      break
    case ' di':
      if (node.kind === 'dict' && node.members.size === 1)
        return { kind: 'dict', members: unescapeMembers(node.members) }
  }
  throw new SyntaxError(`The tag "${tag}" does not allow this value.`)
}

const isText = (node: JsonNode): node is JsonNode & { kind: 'plain'; value: string } =>
  node.kind === 'plain' && typeof node.value === 'string'

const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z\d+/]*={0,2}$/.test(text)

// Clears the unused bits of the last character, as Python does when it writes the bytes again.
const normalizeBase64 = (text: string): string => Buffer.from(text, 'base64').toString('base64')

/** Removes the last two characters of the key. Flask appends `__` for the escape, and removes any two characters. */
function unescapeMembers(members: ReadonlyMap<string, JsonMember>): ReadonlyMap<string, JsonMember> {
  return new Map(
    [...members].map(([escaped, { node }]) => {
      const key = escaped.endsWith('__') ? escaped.slice(0, -2) : [...escaped].slice(0, -2).join('')
      return [key, { name: quoteText(key), node }]
    }),
  )
}

/** Returns the text that Python's `str` returns for a value, or `null` for a value that contains others. */
function toPythonString(node: JsonNode): string | null {
  if (node.kind === 'float') return formatFloat(node.value).toLowerCase().replace('infinity', 'inf')
  if (node.kind === 'markup') return node.value
  if (node.kind !== 'plain') return null
  if (node.value === null) return 'None'
  if (typeof node.value === 'boolean') return node.value ? 'True' : 'False'
  return String(node.value)
}

function isFalsy(node: JsonNode): boolean {
  if (node.kind === 'list' || node.kind === 'tuple') return node.items.length === 0
  if (node.kind === 'dict') return node.members.size === 0
  return (node.kind === 'plain' || node.kind === 'float') && !node.value && !Number.isNaN(node.value)
}
