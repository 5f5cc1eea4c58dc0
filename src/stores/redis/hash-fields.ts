import { putText } from '../../core/texts.ts'
import { escapeText, unescapeText } from '../shared/escape-text.ts'
import type { Ending, RecordChange, SessionInfo, SessionRecord } from '../store.ts'
import { mismatchedReply } from './lua.ts'

// A session is a hash: a field for each of the record's own, and `d:` before each key of the data, so that the two never meet.

const dataFieldName = (key: string): string => `d:${escapeText(key)}`

const dataFields = (data: Readonly<Record<string, string>>): string[] =>
  Object.entries(data).flatMap(([key, text]) => [dataFieldName(key), escapeText(text)])

/** Fields and their values, one after the other. What is `null` or left out has no field. */
const flattenFields = (fields: Readonly<Record<string, string | number | null | undefined>>): string[] =>
  Object.entries(fields).flatMap(([field, value]) => (value == null ? [] : [field, escapeText(String(value))]))

/** A record as fields and their values. */
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

/** An ending as fields and their values. */
export const encodeEnding = (id: string, { ended, endedAt, expiresAt }: Ending): string[] =>
  flattenFields({ id, ended, endedAt, expiresAt })

/** What a change writes, as fields and their values; which fields it removes; and whether the version rises. */
export function encodeChange(change: RecordChange): { put: string[]; removed: string[]; isNewer: boolean } {
  const { set, unset, lastSeenAt, expiresAt, secretHash, signedInAt, label } = change
  // The script raises it by one.
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
 * What a hash holds: a record with its own id, whichever was asked for. A text is a text here, also where the client was
 * told to give bytes.
 *
 * @throws for another's ending, and for what is neither: either would pass for this one's end
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
  if (ended === 'signed-out' || ended === 'revoked') {
    if (fields['id'] !== id) throw mismatchedReply()
    return { ended, endedAt: Number(fields['endedAt']), expiresAt: Number(fields['expiresAt']) }
  }
  if (secretHash === undefined) throw mismatchedReply()
  return { ...buildInfo(fields), secretHash: unescapeText(secretHash), version: Number(fields['version']), data }
}

type FieldValues = Record<string, string | undefined>

/** The fields of what is listed, and one that only a record has. */
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

/** What is listed of a session, of the values of {@link infoFields}; `null` where there is no record. */
export function decodeInfo(reply: unknown): SessionInfo | null {
  const fields: FieldValues = {}
  for (const [at, value] of (reply as unknown[]).entries()) if (value != null) fields[infoFields[at]!] = String(value)
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

/** The pairs of a map as any client gives it: an object, a `Map`, one array of all, or an array of objects. */
export function replyPairs(reply: unknown): [string, string][] {
  if (reply instanceof Map) return [...reply].map(([field, value]) => [String(field), String(value)])
  if (!Array.isArray(reply)) return Object.entries(reply as object).map(([field, value]) => [field, String(value)])
  const flat = reply.flatMap((each: unknown) =>
    each !== null && typeof each === 'object' && 'key' in each
      ? [each.key, (each as { value?: unknown }).value]
      : [each],
  )
  return Array.from({ length: flat.length / 2 }, (_, at) => [String(flat[2 * at]), String(flat[2 * at + 1])])
}
