import type { Ending, RecordChange, SessionInfo, SessionRecord } from '../store.ts'
import { putText } from '../../core/texts.ts'
import { spelled, unspelled } from '../shared/escape-text.ts'
import { crossed } from './lua.ts'

// A session is a hash: a field for each of the record's own, and `d:` before each key of the data, so that the two never meet.

const dataField = (key: string): string => `d:${spelled(key)}`

const dataFields = (data: Readonly<Record<string, string>>): string[] =>
  Object.entries(data).flatMap(([key, text]) => [dataField(key), spelled(text)])

/** Fields and their values, one after the other. What is `null` or left out has no field. */
const flat = (fields: Readonly<Record<string, string | number | null | undefined>>): string[] =>
  Object.entries(fields).flatMap(([field, value]) => (value == null ? [] : [field, spelled(String(value))]))

/** A record as fields and their values. */
export function recordFields(record: SessionRecord): string[] {
  const { id, secretHash, version, userId, createdAt, signedInAt, lastSeenAt, expiresAt, label, data } = record
  const remember = Number(record.remember)
  return [
    ...flat({ id, secretHash, version, userId, createdAt, signedInAt, lastSeenAt, expiresAt, remember, label }),
    ...dataFields(data),
  ]
}

/** An ending as fields and their values. */
export const endingFields = (id: string, { ended, endedAt, expiresAt }: Ending): string[] =>
  flat({ id, ended, endedAt, expiresAt })

/** What a change writes, as fields and their values; which fields it removes; and whether the version rises. */
export function changedFields(change: RecordChange): { put: string[]; removed: string[]; isNewer: boolean } {
  const { set, unset, lastSeenAt, expiresAt, secretHash, signedInAt, label } = change
  // The script raises it by one.
  const version = change.version === undefined ? undefined : change.version - 1
  const remember = change.remember === undefined ? undefined : Number(change.remember)
  const removed = unset.filter((key) => !Object.hasOwn(set, key)).map(dataField)
  return {
    put: [...flat({ lastSeenAt, expiresAt, secretHash, signedInAt, remember, label, version }), ...dataFields(set)],
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
export function foundIn(id: string, reply: unknown): SessionRecord | Ending | null {
  if (typeof reply !== 'object' || reply === null) throw crossed()
  const pairs = pairsOf(reply)
  if (pairs.length === 0) return null
  const own: Own = {}
  const data: Record<string, string> = {}
  for (const [field, value] of pairs) {
    if (field.startsWith('d:')) putText(data, unspelled(field.slice(2)), unspelled(value))
    else own[field] = value
  }
  const { ended, secretHash } = own
  if (ended === 'signed-out' || ended === 'revoked') {
    if (own['id'] !== id) throw crossed()
    return { ended, endedAt: Number(own['endedAt']), expiresAt: Number(own['expiresAt']) }
  }
  if (secretHash === undefined) throw crossed()
  return { ...info(own), secretHash: unspelled(secretHash), version: Number(own['version']), data }
}

type Own = Record<string, string | undefined>

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
export function infoIn(reply: unknown): SessionInfo | null {
  const own: Own = {}
  for (const [at, value] of (reply as unknown[]).entries()) if (value != null) own[infoFields[at]!] = String(value)
  return own['secretHash'] === undefined ? null : info(own)
}

function info(own: Own): SessionInfo {
  const { id = '', userId, signedInAt, label } = own
  return {
    id,
    userId: userId === undefined ? null : unspelled(userId),
    createdAt: Number(own['createdAt']),
    signedInAt: signedInAt === undefined ? null : Number(signedInAt),
    lastSeenAt: Number(own['lastSeenAt']),
    expiresAt: Number(own['expiresAt']),
    remember: own['remember'] === '1',
    label: label === undefined ? null : unspelled(label),
  }
}

/** The pairs of a map as any client gives it: an object, a `Map`, one array of all, or an array of objects. */
export function pairsOf(reply: unknown): [string, string][] {
  if (reply instanceof Map) return [...reply].map(([field, value]) => [String(field), String(value)])
  if (!Array.isArray(reply)) return Object.entries(reply as object).map(([field, value]) => [field, String(value)])
  const flat = reply.flatMap((each: unknown) =>
    each !== null && typeof each === 'object' && 'key' in each
      ? [each.key, (each as { value?: unknown }).value]
      : [each],
  )
  return Array.from({ length: flat.length / 2 }, (_, at) => [String(flat[2 * at]), String(flat[2 * at + 1])])
}
