import { sha256 } from '../../util/sha256.ts'
import { decodeMsgpack } from '../msgpack/decode.ts'
import { encodeInteger, encodeList } from '../msgpack/encode.ts'
import { bytesToText, sourceBytes, textToBytes, type MsgpackNode } from '../msgpack/msgpack-node.ts'
import { fieldKey, type RecordFields } from './record-fields.ts'

// Flask keeps all flash messages in one list of pairs. Here each has its own key, with the text `[instant, category, message]`.

export const messagesKey = fieldKey('_flashes')
export const messagePrefix = 'flash.'

/**
 * Returns a record's messages by key, or `null` if it has no list of messages. The instant is the position in the list, so it
 * sorts before new messages. The key contains the position and a hash of the message: if the list has changed meanwhile, a key
 * does not match another message.
 */
export function readMessages(fields: RecordFields): ReadonlyMap<string, string> | null {
  const pairs = readMessagePairs(fields)
  if (pairs === null || pairs.length === 0) return null
  return new Map(
    pairs.map((pair, at) => [
      messageKey(pair, at),
      bytesToText(encodeList([encodeInteger(BigInt(at)), ...messageParts(pair)])),
    ]),
  )
}

/** Removes messages from a record's list by their keys, and appends new ones by their texts. */
export function changeMessages(
  fields: RecordFields,
  takenKeys: ReadonlySet<string>,
  newMessages: readonly string[],
): void {
  if (takenKeys.size === 0 && newMessages.length === 0) return
  const pairs = readMessagePairs(fields)
  const remaining = pairs?.filter((pair, at) => !takenKeys.has(messageKey(pair, at))) ?? []
  // Leave a value that is no list of messages alone. A new message replaces it, because Flask could not show it anyway.
  if (pairs === null && newMessages.length === 0 && fields.has(messagesKey)) return
  const added = newMessages
    .map((text) => decodeMsgpack(textToBytes(text), true))
    .toSorted((one, other) => messageTime(one) - messageTime(other))
    .map((node) => encodeList(messageParts(node).slice(-2)))
  const list = [...remaining.map(sourceBytes), ...added]
  if (list.length === 0) fields.delete(messagesKey)
  else fields.set(messagesKey, bytesToText(encodeList(list)))
}

const messageKey = (pair: MsgpackNode, at: number): string =>
  `${messagePrefix}${at}-${sha256(bytesToText(sourceBytes(pair))).slice(0, 8)}`

const messageParts = (node: MsgpackNode): Buffer[] => (node.kind === 'list' ? node.items.map(sourceBytes) : [])

function messageTime(node: MsgpackNode): number {
  const [milliseconds] = node.kind === 'list' ? node.items : []
  return milliseconds?.kind === 'plain' ? Number(milliseconds.value) : 0
}

function readMessagePairs(fields: RecordFields): readonly MsgpackNode[] | null {
  const text = fields.get(messagesKey)
  const list = text === undefined ? null : decodeMsgpack(textToBytes(text), true)
  return list?.kind === 'list' && list.items.every(isMessage) ? list.items : null
}

function isMessage(node: MsgpackNode): boolean {
  if (node.kind !== 'list' || node.items.length !== 2) return false
  return node.items.every((part) => part.kind === 'plain' && typeof part.value === 'string')
}
