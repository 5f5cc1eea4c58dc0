import { dictText, floatText, numberText, ordered, quote, tagged } from './python-json.ts'
import { httpDate } from './http-date.ts'

/** A value as it came: what it is in Python, and the text it stood as. */
export type Node = { readonly source: string } & Kind

/** What a value is in Python. */
export type Kind =
  | { readonly kind: 'plain'; readonly value: null | boolean | string | number | bigint }
  | { readonly kind: 'float'; readonly value: number }
  | Leaf
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly Node[] }
  /** A `Map`, since an object would put keys that look like integers first. */
  | { readonly kind: 'dict'; readonly members: ReadonlyMap<string, Member> }

/** A value in a dict, and its key as that stood: in quotes, with its escapes. */
export interface Member {
  readonly name: string
  readonly node: Node
}

/** A tagged value with no others in it. */
export type Leaf =
  /** In standard base64. */
  | { readonly kind: 'bytes'; readonly value: string }
  | { readonly kind: 'markup'; readonly value: string }
  /** The 32 digits. */
  | { readonly kind: 'uuid'; readonly value: string }
  /** Epoch milliseconds; `null` where Python reads no date and makes it `None`. */
  | { readonly kind: 'date'; readonly value: number | null }

/** The text that Flask writes for a value it has read, keys sorted. */
export function flaskText(node: Node): string {
  switch (node.kind) {
    case 'plain':
      return plainText(node.value)
    case 'float':
      return floatText(node.value)
    case 'bytes':
      return tagged(' b', quote(node.value))
    case 'markup':
      return tagged(' m', quote(node.value))
    case 'uuid':
      return tagged(' u', quote(node.value))
    case 'date':
      return node.value === null ? 'null' : tagged(' d', quote(httpDate(new Date(node.value))))
    case 'list':
      return `[${node.items.map(flaskText).join(',')}]`
    case 'tuple':
      return tagged(' t', `[${node.items.map(flaskText).join(',')}]`)
    case 'dict': {
      const keys = ordered([...node.members.keys()], [])
      return dictText(keys.map((key) => [key, flaskText(node.members.get(key)!.node)]))
    }
  }
}

/** The text of a value that JSON has a form for. */
export function plainText(value: null | boolean | string | number | bigint): string {
  if (typeof value === 'string') return quote(value)
  return typeof value === 'number' ? numberText(value) : String(value)
}
