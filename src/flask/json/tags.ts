import { parseUuidDigits } from '../python-types.ts'
import type { JsonMember, JsonNode, JsonNodeKind } from './ast.ts'
import { parseHttpDate } from './http-date.ts'
import { formatFloat, quoteText } from './python-json.ts'

/** What a tag makes of the value it stands before. @throws `SyntaxError` for a value that the tag is not for */
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
  throw new SyntaxError(`The tag "${tag}" is not for this.`)
}

const isText = (node: JsonNode): node is JsonNode & { kind: 'plain'; value: string } =>
  node.kind === 'plain' && typeof node.value === 'string'

const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z\d+/]*={0,2}$/.test(text)

// The last bits of the last character are for nothing, and are not kept.
const normalizeBase64 = (text: string): string => Buffer.from(text, 'base64').toString('base64')

/** Two characters were added to the key, which Flask cuts off without a look at them. */
function unescapeMembers(members: ReadonlyMap<string, JsonMember>): ReadonlyMap<string, JsonMember> {
  return new Map(
    [...members].map(([escaped, { node }]) => {
      const key = [...escaped].slice(0, -2).join('')
      return [key, { name: quoteText(key), node }]
    }),
  )
}

/** A value as Python's `str` makes text of it, or `null` for one with others in it. */
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
