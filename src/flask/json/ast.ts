import { formatHttpDate } from './http-date.ts'
import { formatDict, formatFloat, formatNumber, formatTagged, orderKeys, quoteText } from './python-json.ts'

/** A value as it came: what it is in Python, and the text it stood as. */
export type JsonNode = { readonly source: string } & JsonNodeKind

/** What a value is in Python. */
export type JsonNodeKind =
  | { readonly kind: 'plain'; readonly value: null | boolean | string | number | bigint }
  | { readonly kind: 'float'; readonly value: number }
  | JsonLeaf
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly JsonNode[] }
  /** A `Map`, since an object would put keys that look like integers first. */
  | { readonly kind: 'dict'; readonly members: ReadonlyMap<string, JsonMember> }

/** A value in a dict, and its key as that stood: in quotes, with its escapes. */
export interface JsonMember {
  readonly name: string
  readonly node: JsonNode
}

/** A tagged value with no others in it. */
export type JsonLeaf =
  /** In standard base64. */
  | { readonly kind: 'bytes'; readonly value: string }
  | { readonly kind: 'markup'; readonly value: string }
  /** The 32 digits. */
  | { readonly kind: 'uuid'; readonly value: string }
  /** Epoch milliseconds; `null` where Python reads no date and makes it `None`. */
  | { readonly kind: 'date'; readonly value: number | null }

/** The text that Flask writes for a value it has read, keys sorted. */
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

/** The text of a value that JSON has a form for. */
export function formatPlain(value: null | boolean | string | number | bigint): string {
  if (typeof value === 'string') return quoteText(value)
  return typeof value === 'number' ? formatNumber(value) : String(value)
}
