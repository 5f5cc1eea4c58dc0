import { decode } from '../msgpack/decode.ts'
import { encodeInteger, encodeList } from '../msgpack/encode.ts'
import { bytesOf, bytesOfText, textOfBytes, type Node } from '../msgpack/msgpack-node.ts'
import { sha256 } from '../../util/sha256.ts'
import { keyOf, type Members } from './record-fields.ts'

// Flask keeps its messages as one list of pairs; here each has a key of its own, whose text is `[instant, category, message]`.

export const messagesKey = keyOf('_flashes')
export const messagePrefix = 'flash.'

/**
 * The messages of a record by key, the place in the list for the instant, which is before any that a clock gives. A key names
 * place and message, so that none is taken for another when the list has changed. `null` for what is no list of messages.
 */
export function messagesIn(members: Members): ReadonlyMap<string, string> | null {
  const pairs = pairsIn(members)
  if (pairs === null || pairs.length === 0) return null
  return new Map(
    pairs.map((pair, at) => [keyFor(pair, at), textOfBytes(encodeList([encodeInteger(BigInt(at)), ...partsOf(pair)]))]),
  )
}

/** Takes messages out of a record's list, by their keys, and adds others at its end, by their texts. */
export function changeMessages(members: Members, taken: ReadonlySet<string>, left: readonly string[]): void {
  if (taken.size === 0 && left.length === 0) return
  const pairs = pairsIn(members)
  const came = pairs?.filter((pair, at) => !taken.has(keyFor(pair, at))) ?? []
  // What is no list of messages could hold none, nor could Flask show it.
  if (pairs === null && left.length === 0 && members.has(messagesKey)) return
  const added = left
    .map((text) => decode(bytesOfText(text), true))
    .toSorted((one, other) => instantOf(one) - instantOf(other))
    .map((node) => encodeList(partsOf(node).slice(-2)))
  const list = [...came.map(bytesOf), ...added]
  if (list.length === 0) members.delete(messagesKey)
  else members.set(messagesKey, textOfBytes(encodeList(list)))
}

const keyFor = (pair: Node, at: number): string =>
  `${messagePrefix}${at}-${sha256(textOfBytes(bytesOf(pair))).slice(0, 8)}`

const partsOf = (node: Node): Buffer[] => (node.kind === 'list' ? node.items.map(bytesOf) : [])

function instantOf(node: Node): number {
  const [instant] = node.kind === 'list' ? node.items : []
  return instant?.kind === 'plain' ? Number(instant.value) : 0
}

function pairsIn(members: Members): readonly Node[] | null {
  const text = members.get(messagesKey)
  const list = text === undefined ? null : decode(bytesOfText(text), true)
  return list?.kind === 'list' && list.items.every(isMessage) ? list.items : null
}

function isMessage(node: Node): boolean {
  if (node.kind !== 'list' || node.items.length !== 2) return false
  return node.items.every((part) => part.kind === 'plain' && typeof part.value === 'string')
}
