/** A decoded value: its Python type and value, and its position in the source bytes. */
export type MsgpackNode = Readonly<ByteRange> & MsgpackNodeKind

/** The position of a value in its source. */
export interface ByteRange {
  source: Buffer
  start: number
  end: number
}

/** Returns the MessagePack that a value was decoded from. */
export const sourceBytes = ({ source, start, end }: Readonly<ByteRange>): Buffer => source.subarray(start, end)

/** The Python type and value of a node. */
export type MsgpackNodeKind =
  | MsgpackLeaf
  | { readonly kind: 'list'; readonly items: readonly MsgpackNode[] }
  /** By `normalizeKey`, in the original order. */
  | { readonly kind: 'map'; readonly members: ReadonlyMap<string, MsgpackMember> }

/** A value that contains no other values. */
export type MsgpackLeaf =
  | { readonly kind: 'plain'; readonly value: null | boolean | string | number | bigint }
  | { readonly kind: 'float'; readonly value: number }
  /** One character a byte. */
  | { readonly kind: 'bytes'; readonly value: string }
  /** Epoch milliseconds. */
  | { readonly kind: 'date'; readonly value: number }
  | { readonly kind: 'extension'; readonly value: string }

/** A value in a map, and its key: any value that can be a key in Python. */
export interface MsgpackMember {
  readonly key: MsgpackNode
  readonly node: MsgpackNode
}

/** Returns whether a key is a text, as all keys in JSON are. */
export const isTextKey = ({ key }: MsgpackMember): boolean => key.kind === 'plain' && typeof key.value === 'string'

/** Converts bytes to a text with one character a byte, and back. */
export const bytesToText = (bytes: Buffer): string => bytes.toString('latin1')
export const textToBytes = (text: string): Buffer => Buffer.from(text, 'latin1')
