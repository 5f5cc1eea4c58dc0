/** A value as it came: what it is in Python, and the MessagePack that it stood as. */
export type Packed = { readonly bytes: Buffer } & PackedKind

/** What a value is in Python. */
export type PackedKind =
  | PackedLeaf
  | { readonly kind: 'list'; readonly items: readonly Packed[] }
  /** By the key as Flask writes it, in the order in which they stood. */
  | { readonly kind: 'map'; readonly members: ReadonlyMap<string, PackedMember> }

/** A value with no others in it. */
export type PackedLeaf =
  | { readonly kind: 'plain'; readonly value: null | boolean | string | number | bigint }
  | { readonly kind: 'float'; readonly value: number }
  /** A byte a character. */
  | { readonly kind: 'bytes'; readonly value: string }
  /** Epoch milliseconds. */
  | { readonly kind: 'date'; readonly value: number }
  | { readonly kind: 'extension'; readonly value: string }

/** A value in a map, and its key, which may be any value that Python can look up by. */
export interface PackedMember {
  readonly key: Packed
  readonly node: Packed
}

/** Whether a key is a text, as all are that JSON has. */
export const isTextKey = ({ key }: PackedMember): boolean => key.kind === 'plain' && typeof key.value === 'string'

/** More bytes than this are no record: 1 MB. */
export const longestRecord = 1024 * 1024

/** Bytes as a text of one character each, and back. */
export const textOfBytes = (bytes: Buffer): string => bytes.toString('latin1')
export const bytesOfText = (text: string): Buffer => Buffer.from(text, 'latin1')
