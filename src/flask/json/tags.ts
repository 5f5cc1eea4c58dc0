import { parseDate } from './http-date.ts'
import { uuidDigits } from '../python-types.ts'
import { floatText, quote } from './python-json.ts'
import type { Kind, Member, Node } from './ast.ts'

/** What a tag makes of the value it stands before. @throws `SyntaxError` for a value that the tag is not for */
export function untag(tag: string, node: Node): Kind {
  switch (tag) {
    case ' t':
      if (node.kind === 'list' || node.kind === 'tuple') return { kind: 'tuple', items: node.items }
      break
    case ' b':
      if (isText(node) && isBase64(node.value)) return { kind: 'bytes', value: again(node.value) }
      break
    case ' m': {
      const html = pythonText(node)
      if (html !== null) return { kind: 'markup', value: html }
      break
    }
    case ' u': {
      const digits = isText(node) ? uuidDigits(node.value) : null
      if (digits !== null) return { kind: 'uuid', value: digits }
      break
    }
    case ' d':
      if (isFalse(node)) return { kind: 'date', value: null }
      if (isText(node)) return { kind: 'date', value: parseDate(node.value) }
      break
    case ' di':
      if (node.kind === 'dict' && node.members.size === 1) return { kind: 'dict', members: unescaped(node.members) }
  }
  throw new SyntaxError(`The tag "${tag}" is not for this.`)
}

const isText = (node: Node): node is Node & { kind: 'plain'; value: string } =>
  node.kind === 'plain' && typeof node.value === 'string'

const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z\d+/]*={0,2}$/.test(text)

// The last bits of the last character are for nothing, and are not kept.
const again = (text: string): string => Buffer.from(text, 'base64').toString('base64')

/** Two characters were added to the key, which Flask cuts off without a look at them. */
function unescaped(members: ReadonlyMap<string, Member>): ReadonlyMap<string, Member> {
  return new Map(
    [...members].map(([escaped, { node }]) => {
      const key = [...escaped].slice(0, -2).join('')
      return [key, { name: quote(key), node }]
    }),
  )
}

/** A value as Python's `str` makes text of it, or `null` for one with others in it. */
function pythonText(node: Node): string | null {
  if (node.kind === 'float') return floatText(node.value).toLowerCase().replace('infinity', 'inf')
  if (node.kind === 'markup') return node.value
  if (node.kind !== 'plain') return null
  if (node.value === null) return 'None'
  if (typeof node.value === 'boolean') return node.value ? 'True' : 'False'
  return String(node.value)
}

function isFalse(node: Node): boolean {
  if (node.kind === 'list' || node.kind === 'tuple') return node.items.length === 0
  if (node.kind === 'dict') return node.members.size === 0
  return (node.kind === 'plain' || node.kind === 'float') && !node.value && !Number.isNaN(node.value)
}
