import { putText, type Texts } from '../../core/texts.ts'
import type { RecordChange, SessionRecord } from '../../stores/store.ts'
import { sha256 } from '../../util/sha256.ts'
import { decodeMsgpack } from '../msgpack/decode.ts'
import { encodePlain, fitsMsgpack } from '../msgpack/encode.ts'
import { bytesToText, textToBytes } from '../msgpack/msgpack-node.ts'
import { changeMessages, messagePrefix, messagesKey, readMessages } from './flash-messages.ts'
import { encodeBoolean, fieldKey, fieldName, type RecordFields } from './record-fields.ts'

const permanentKey = fieldKey('_permanent')

/** Derives a version number from a record's bytes, because Flask-Session stores none. */
export const hashVersion = (bytes: Buffer): number =>
  Buffer.from(sha256(bytesToText(bytes)), 'base64url').readUIntBE(0, 6)

/** Converts a record of Flask-Session, which stores neither the session's start nor its last use. */
export function toSessionRecord(
  id: string,
  { fields, bytes, ttlMs }: { fields: RecordFields; bytes: Buffer; ttlMs: number },
  userKey: string,
): SessionRecord {
  return {
    id,
    secretHash: sha256(id),
    version: hashVersion(bytes),
    userId: readUserId(fields, userKey),
    createdAt: 0,
    signedInAt: null,
    lastSeenAt: 0,
    keptFor: ttlMs,
    expiresAt: Number.MAX_SAFE_INTEGER,
    remember: isTruthy(fields.get(permanentKey)),
    label: null,
    idleTimeout: null,
    absoluteTimeout: null,
    methods: [],
    data: readData(fields, userKey),
  }
}

/** Returns the user's id if the member is an integer or a non-empty text. Otherwise no user is signed in: `null`. */
export function readUserId(fields: RecordFields, userKey: string): string | null {
  const text = fields.get(fieldKey(userKey))
  const node = text === undefined ? null : decodeMsgpack(textToBytes(text), true)
  if (node?.kind !== 'plain' || node.value === null || typeof node.value === 'boolean' || node.value === '') return null
  return String(node.value)
}

/** Returns the members of a new session, in the order in which Flask-Session writes them. */
export function toRecordFields({ userId, remember, data }: SessionRecord, userKey: string): RecordFields {
  const fields: RecordFields = new Map()
  if (remember) fields.set(permanentKey, encodeBoolean(true))
  changeFields(fields, data, [])
  if (userId !== null) fields.set(fieldKey(userKey), encodeUserId(userId))
  return ensureNotEmpty(fields)
}

/** Returns the members after a change. All other members keep their bytes. */
export function applyChange(original: RecordFields, { set, unset, remember }: RecordChange): RecordFields {
  const fields = new Map(original)
  if (remember !== undefined && remember !== isTruthy(fields.get(permanentKey)))
    fields.set(permanentKey, encodeBoolean(remember))
  changeFields(fields, set, unset)
  return ensureNotEmpty(fields)
}

/**
 * Replaces an empty record by one with only `_permanent: False`, which Flask-Session also treats as an empty session. It would
 * neither save nor delete a record without members.
 */
function ensureNotEmpty(fields: RecordFields): RecordFields {
  return fields.size > 0 ? fields : new Map([[permanentKey, encodeBoolean(false)]])
}

function changeFields(fields: RecordFields, set: Texts, unset: readonly string[]): void {
  const isMessageKey = (key: string) => key.startsWith(messagePrefix)
  for (const key of unset) if (!isMessageKey(key)) fields.delete(fieldKey(fieldNameOf(key)))
  for (const key of Object.keys(set)) if (!isMessageKey(key)) fields.set(fieldKey(fieldNameOf(key)), set[key]!)
  const messageKeys = Object.keys(set).filter(isMessageKey)
  changeMessages(
    fields,
    new Set(unset.filter(isMessageKey)),
    messageKeys.map((key) => set[key]!),
  )
}

function readData(fields: RecordFields, userKey: string): Texts {
  const data: Record<string, string> = {}
  const messages = readMessages(fields)
  const isUsers = readUserId(fields, userKey) !== null
  for (const [key, text] of fields) {
    const name = fieldName(key)
    const isOwn = key === permanentKey || (key === messagesKey && messages !== null) || (name === userKey && isUsers)
    if (name !== null && !isOwn) putText(data, dataKey(name), text)
  }
  for (const [key, text] of messages ?? []) data[key] = text
  return data
}

// A key that begins with `flash.` would look like a message, so it gets a prefix.
const dataKey = (name: string): string => (/^_*flash\./.test(name) ? `_${name}` : name)
const fieldNameOf = (key: string): string => (/^_+flash\./.test(key) ? key.slice(1) : key)

/** Returns whether a value is true in Python. */
function isTruthy(text: string | undefined): boolean {
  if (text === undefined) return false
  const node = decodeMsgpack(textToBytes(text), true)
  if (node.kind === 'list') return node.items.length > 0
  if (node.kind === 'map') return node.members.size > 0
  return node.kind === 'date' || node.kind === 'extension' || Boolean(node.value) || Number.isNaN(node.value)
}

function encodeUserId(userId: string): string {
  const isInteger = /^(0|-?[1-9]\d{0,19})$/.test(userId) && fitsMsgpack(BigInt(userId))
  return bytesToText(encodePlain(isInteger ? BigInt(userId) : userId))
}
