import { decode } from '../msgpack/decode.ts'
import { encodePlain, fitsMsgpack } from '../msgpack/encode.ts'
import { bytesOfText, textOfBytes } from '../msgpack/msgpack-node.ts'
import { sha256 } from '../../util/sha256.ts'
import type { RecordChange, SessionRecord } from '../../stores/store.ts'
import { putText, type Texts } from '../../core/texts.ts'
import { keyOf, nameIn, truth, type Members } from './record-fields.ts'
import { changeMessages, messagePrefix, messagesIn, messagesKey } from './flash-messages.ts'

const permanentKey = keyOf('_permanent')

/** Names bytes by what is in them, as a number. */
export const versionOf = (bytes: Buffer): number =>
  Buffer.from(sha256(textOfBytes(bytes)), 'base64url').readUIntBE(0, 6)

/** A session as Flask-Session's record tells it: when it began, or was last used, is not in there. */
export function recordIn(
  id: string,
  { members, bytes, keptFor }: { members: Members; bytes: Buffer; keptFor: number },
  userKey: string,
): SessionRecord {
  return {
    id,
    secretHash: sha256(id),
    version: versionOf(bytes),
    userId: userIdIn(members, userKey),
    createdAt: 0,
    signedInAt: null,
    lastSeenAt: 0,
    keptFor,
    expiresAt: Number.MAX_SAFE_INTEGER,
    remember: isTrue(members.get(permanentKey)),
    label: null,
    data: dataIn(members, userKey),
  }
}

/** Whose a record is: of an integer, and of a text that is not empty; of anything else there is nobody signed in. */
export function userIdIn(members: Members, userKey: string): string | null {
  const text = members.get(keyOf(userKey))
  const node = text === undefined ? null : decode(bytesOfText(text), true)
  if (node?.kind !== 'plain' || node.value === null || typeof node.value === 'boolean' || node.value === '') return null
  return String(node.value)
}

/** The members of a new session, in the order in which Flask-Session comes to write them. */
export function membersOf({ userId, remember, data }: SessionRecord, userKey: string): Members {
  const members: Members = new Map()
  if (remember) members.set(permanentKey, truth(true))
  put(members, data, [])
  if (userId !== null) members.set(keyOf(userKey), textOfUserId(userId))
  return neverEmpty(members)
}

/** The members after a change; all others as they stood. */
export function changedMembers(came: Members, { set, unset, remember }: RecordChange): Members {
  const members = new Map(came)
  if (remember !== undefined && remember !== isTrue(members.get(permanentKey)))
    members.set(permanentKey, truth(remember))
  put(members, set, unset)
  return neverEmpty(members)
}

/** In Flask-Session an empty record is one that it neither keeps nor removes: one that says that it is not permanent is, too. */
function neverEmpty(members: Members): Members {
  return members.size > 0 ? members : new Map([[permanentKey, truth(false)]])
}

function put(members: Members, set: Texts, unset: readonly string[]): void {
  const isMessage = (key: string) => key.startsWith(messagePrefix)
  for (const key of unset) if (!isMessage(key)) members.delete(keyOf(memberName(key)))
  for (const key of Object.keys(set)) if (!isMessage(key)) members.set(keyOf(memberName(key)), set[key]!)
  const left = Object.keys(set).filter(isMessage)
  changeMessages(
    members,
    new Set(unset.filter(isMessage)),
    left.map((key) => set[key]!),
  )
}

function dataIn(members: Members, userKey: string): Texts {
  const data: Record<string, string> = {}
  const messages = messagesIn(members)
  const isUsers = userIdIn(members, userKey) !== null
  for (const [key, text] of members) {
    const name = nameIn(key)
    const isOwn = key === permanentKey || (key === messagesKey && messages !== null) || (name === userKey && isUsers)
    if (name !== null && !isOwn) putText(data, dataKey(name), text)
  }
  for (const [key, text] of messages ?? []) data[key] = text
  return data
}

// A key that begins with `flash.` would be taken for a message.
const dataKey = (name: string): string => (/^_*flash\./.test(name) ? `_${name}` : name)
const memberName = (key: string): string => (/^_+flash\./.test(key) ? key.slice(1) : key)

/** Whether Python takes a value for true. */
function isTrue(text: string | undefined): boolean {
  if (text === undefined) return false
  const node = decode(bytesOfText(text), true)
  if (node.kind === 'list') return node.items.length > 0
  if (node.kind === 'map') return node.members.size > 0
  return node.kind === 'date' || node.kind === 'extension' || Boolean(node.value) || Number.isNaN(node.value)
}

function textOfUserId(userId: string): string {
  const isInteger = /^(0|-?[1-9]\d{0,19})$/.test(userId) && fitsMsgpack(BigInt(userId))
  return textOfBytes(encodePlain(isInteger ? BigInt(userId) : userId))
}
