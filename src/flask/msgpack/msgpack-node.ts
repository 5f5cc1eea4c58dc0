/** A value as it came: what it is in Python, and where it stood. */
export type Node = Readonly<Place> & Kind

/** From where to where a value stood. */
export interface Place {
  source: Buffer
  start: number
  end: number
}

/** The MessagePack that a value stood as. */
export const bytesOf = ({ source, start, end }: Readonly<Place>): Buffer => source.subarray(start, end)

/** What a value is in Python. */
export type Kind =
  | Leaf
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  /** By the key as Flask writes it, in the order in which they stood. */
  | { readonly kind: 'map'; readonly members: ReadonlyMap<string, Member> }

/** A value with no others in it. */
export type Leaf =
  | { readonly kind: 'plain'; readonly value: null | boolean | string | number | bigint }
  | { readonly kind: 'float'; readonly value: number }
  /** A byte a character. */
  | { readonly kind: 'bytes'; readonly value: string }
  /** Epoch milliseconds. */
  | { readonly kind: 'date'; readonly value: number }
  | { readonly kind: 'extension'; readonly value: string }

/** A value in a map, and its key, which may be any value that Python can look up by. */
export interface Member {
  readonly key: Node
  readonly node: Node
}

/** Whether a key is a text, as all are that JSON has. */
export const isTextKey = ({ key }: Member): boolean => key.kind === 'plain' && typeof key.value === 'string'

/** Bytes as a text of one character each, and back. */
export const textOfBytes = (bytes: Buffer): string => bytes.toString('latin1')
export const bytesOfText = (text: string): Buffer => Buffer.from(text, 'latin1')
