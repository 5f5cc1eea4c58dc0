import { putText } from '../../core/texts.ts'
import { escapeText, unescapeText } from '../shared/escape-text.ts'
import type { Ending, RecordChange, SessionInfo, SessionRecord } from '../store.ts'
import { mismatchedReply } from './lua.ts'

// A session is a Redis hash with one field for each member of the record and one for each key of the data. Names of data
// fields begin with `d:`, so that they never collide with the record's own.

const dataFieldName = (key: string): string => `d:${escapeText(key)}`

const dataFields = (data: Readonly<Record<string, string>>): string[] =>
  Object.entries(data).flatMap(([key, text]) => [dataFieldName(key), escapeText(text)])

/** Returns names and values in turn. A value of `null` or `undefined` gets no field. */
const flattenFields = (fields: Readonly<Record<string, string | number | null | undefined>>): string[] =>
  Object.entries(fields).flatMap(([field, value]) => (value == null ? [] : [field, escapeText(String(value))]))

/** Returns the fields of a record: names and values in turn. */
export function encodeRecord(record: SessionRecord): string[] {
  const { id, secretHash, version, userId, createdAt, signedInAt, lastSeenAt, expiresAt, label, data } = record
  const remember = Number(record.remember)
  return [
    ...flattenFields({
      id,
      secretHash,
      version,
      userId,
      createdAt,
      signedInAt,
      lastSeenAt,
      expiresAt,
      remember,
      label,
    }),
    ...dataFields(data),
  ]
}

/** Returns the fields of an ending: names and values in turn. */
export const encodeEnding = (id: string, { ended, endedAt, expiresAt }: Ending): string[] =>
  flattenFields({ id, ended, endedAt, expiresAt })

/** Returns the fields that a change writes (names and values in turn), the names that it removes, and whether the version rises. */
export function encodeChange(change: RecordChange): { put: string[]; removed: string[]; isNewer: boolean } {
  const { set, unset, lastSeenAt, expiresAt, secretHash, signedInAt, label } = change
  // One less, because the script adds one.
  const version = change.version === undefined ? undefined : change.version - 1
  const remember = change.remember === undefined ? undefined : Number(change.remember)
  const removed = unset.filter((key) => !Object.hasOwn(set, key)).map(dataFieldName)
  return {
    put: [
      ...flattenFields({ lastSeenAt, expiresAt, secretHash, signedInAt, remember, label, version }),
      ...dataFields(set),
    ],
    removed: label === null ? ['label', ...removed] : removed,
    isNewer: version !== undefined || unset.length > 0 || Object.keys(set).length > 0,
  }
}

/**
 * Decodes the reply to HGETALL; `null` if there is no hash. A record keeps the id that it contains, which may differ from
 * `id`. Bytes are converted to texts, because clients can be configured to return bytes.
 *
 * @throws `TypeError` for the ending of another session, and for a reply that is neither record nor ending: the session
 * would count as ended
 */
export function decodeRecordOrEnding(id: string, reply: unknown): SessionRecord | Ending | null {
  if (typeof reply !== 'object' || reply === null) throw mismatchedReply()
  const pairs = replyPairs(reply)
  if (pairs.length === 0) return null
  const fields: FieldValues = {}
  const data: Record<string, string> = {}
  for (const [field, value] of pairs) {
    if (field.startsWith('d:')) putText(data, unescapeText(field.slice(2)), unescapeText(value))
    else fields[field] = value
  }
  const { ended, secretHash } = fields
  const isOurs = fields['id'] === id
  if (ended !== undefined) {
    if (!isOurs) throw mismatchedReply()
    // A damaged reason still ends the session.
    const reason = ended === 'revoked' ? ended : 'signed-out'
    return { ended: reason, endedAt: Number(fields['endedAt']), expiresAt: Number(fields['expiresAt']) }
  }
  if (secretHash === undefined && !isOurs) throw mismatchedReply()
  // Without its hash, a record is damaged. No secret matches the empty text.
  return { ...buildInfo(fields), secretHash: unescapeText(secretHash ?? ''), version: Number(fields['version']), data }
}

type FieldValues = Record<string, string | undefined>

/** The fields that `list` needs, and `secretHash`, which only a record has. */
export const infoFields = [
  'id',
  'secretHash',
  'userId',
  'createdAt',
  'signedInAt',
  'lastSeenAt',
  'expiresAt',
  'remember',
  'label',
] as const

/** Decodes the values of {@link infoFields}; `null` if there is no record. */
export function decodeInfo(reply: unknown): SessionInfo | null {
  const fields: FieldValues = {}
  for (const [index, value] of (reply as unknown[]).entries()) {
    if (value != null) fields[infoFields[index]!] = String(value)
  }
  return fields['secretHash'] === undefined ? null : buildInfo(fields)
}

function buildInfo(fields: FieldValues): SessionInfo {
  const { id = '', userId, signedInAt, label } = fields
  return {
    id,
    userId: userId === undefined ? null : unescapeText(userId),
    createdAt: Number(fields['createdAt']),
    signedInAt: signedInAt === undefined ? null : Number(signedInAt),
    lastSeenAt: Number(fields['lastSeenAt']),
    expiresAt: Number(fields['expiresAt']),
    remember: fields['remember'] === '1',
    label: label === undefined ? null : unescapeText(label),
  }
}

/** Returns the pairs of a map reply. Clients return an object, a `Map`, one flat array, or an array of objects. */
export function replyPairs(reply: unknown): [string, string][] {
  if (reply instanceof Map) return [...reply].map(([field, value]) => [String(field), String(value)])
  if (!Array.isArray(reply)) return Object.entries(reply as object).map(([field, value]) => [field, String(value)])
  const flat = reply.flatMap((each: unknown) =>
    each !== null && typeof each === 'object' && 'key' in each
      ? [each.key, (each as { value?: unknown }).value]
      : [each],
  )
  return Array.from({ length: flat.length / 2 }, (_, index) => [String(flat[2 * index]), String(flat[2 * index + 1])])
}
