/** A value as it came: what it is in Python, and where it stood. */
export type MsgpackNode = Readonly<ByteRange> & MsgpackNodeKind

/** From where to where a value stood. */
export interface ByteRange {
  source: Buffer
  start: number
  end: number
}

/** The MessagePack that a value stood as. */
export const sourceBytes = ({ source, start, end }: Readonly<ByteRange>): Buffer => source.subarray(start, end)

/** What a value is in Python. */
export type MsgpackNodeKind =
  | MsgpackLeaf
  | { readonly kind: 'list'; readonly items: readonly MsgpackNode[] }
  /** By the key as Flask writes it, in the order in which they stood. */
  | { readonly kind: 'map'; readonly members: ReadonlyMap<string, MsgpackMember> }

/** A value with no others in it. */
export type MsgpackLeaf =
  | { readonly kind: 'plain'; readonly value: null | boolean | string | number | bigint }
  | { readonly kind: 'float'; readonly value: number }
  /** A byte a character. */
  | { readonly kind: 'bytes'; readonly value: string }
  /** Epoch milliseconds. */
  | { readonly kind: 'date'; readonly value: number }
  | { readonly kind: 'extension'; readonly value: string }

/** A value in a map, and its key, which may be any value that Python can look up by. */
export interface MsgpackMember {
  readonly key: MsgpackNode
  readonly node: MsgpackNode
}

/** Whether a key is a text, as all are that JSON has. */
export const isTextKey = ({ key }: MsgpackMember): boolean => key.kind === 'plain' && typeof key.value === 'string'

/** Bytes as a text of one character each, and back. */
export const bytesToText = (bytes: Buffer): string => bytes.toString('latin1')
export const textToBytes = (text: string): Buffer => Buffer.from(text, 'latin1')
