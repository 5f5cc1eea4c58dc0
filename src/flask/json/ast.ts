import { formatHttpDate } from './http-date.ts'
import { formatDict, formatFloat, formatNumber, formatTagged, orderKeys, quoteText } from './python-json.ts'

/** A parsed value: its Python type and value, and the exact source text. */
export type JsonNode = { readonly source: string } & JsonNodeKind

/** The Python type and value of a node. */
export type JsonNodeKind =
  | { readonly kind: 'plain'; readonly value: null | boolean | string | number | bigint }
  | { readonly kind: 'float'; readonly value: number }
  | JsonLeaf
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly JsonNode[] }
  /** A `Map`, because an object would move keys that look like integers to the front. */
  | { readonly kind: 'dict'; readonly members: ReadonlyMap<string, JsonMember> }

/** A value in a dict, and the source text of its key, with quotes and escapes. */
export interface JsonMember {
  readonly name: string
  readonly node: JsonNode
}

/** A tagged value that contains no other values. */
export type JsonLeaf =
  /** Standard base64. */
  | { readonly kind: 'bytes'; readonly value: string }
  | { readonly kind: 'markup'; readonly value: string }
  /** The 32 digits, without hyphens. */
  | { readonly kind: 'uuid'; readonly value: string }
  /** Epoch milliseconds; `null` if Python cannot parse the date and returns `None`. */
  | { readonly kind: 'date'; readonly value: number | null }

/** Returns the text that Flask would write for this node, with sorted keys. */
export function formatNode(node: JsonNode): string {
  switch (node.kind) {
    case 'plain':
      return formatPlain(node.value)
    case 'float':
      return formatFloat(node.value)
    case 'bytes':
      return formatTagged(' b', quoteText(node.value))
    case 'markup':
      return formatTagged(' m', quoteText(node.value))
    case 'uuid':
      return formatTagged(' u', quoteText(node.value))
    case 'date':
      return node.value === null ? 'null' : formatTagged(' d', quoteText(formatHttpDate(new Date(node.value))))
    case 'list':
      return `[${node.items.map(formatNode).join(',')}]`
    case 'tuple':
      return formatTagged(' t', `[${node.items.map(formatNode).join(',')}]`)
    case 'dict': {
      const keys = orderKeys([...node.members.keys()], [])
      return formatDict(keys.map((key) => [key, formatNode(node.members.get(key)!.node)]))
    }
  }
}

/** Returns the text of a value that needs no tag. */
export function formatPlain(value: null | boolean | string | number | bigint): string {
  if (typeof value === 'string') return quoteText(value)
  return typeof value === 'number' ? formatNumber(value) : String(value)
}
