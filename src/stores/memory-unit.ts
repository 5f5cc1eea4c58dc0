import { mergeTexts } from '../core/texts.ts'
import {
  isEnding,
  type CreateOptions,
  type CreateResult,
  type Cutoff,
  type Ending,
  type Held,
  type RecordChange,
  type SessionInfo,
  type SessionRecord,
  type SparedSession,
} from './store.ts'

/** The records and endings of a unit, by id: what these functions use of a `Map`. */
export type UnitEntries = Pick<Map<string, SessionRecord | Ending>, 'get' | 'has'> & {
  /** Yields the sessions, perhaps without their data. It may yield endings. */
  values(): Iterable<SessionInfo | Ending>
  /** How many sessions there are at most: it may count endings. */
  readonly size: number
}

/** The sessions of one user, or one session of a guest. The functions below change nothing: they say what a call has to do. */
export interface Unit {
  readonly entries: UnitEntries
  readonly cutoff: Cutoff | null
  /**
   * When the cutoff was set, by the clock that `openedAt` is of. If that is `performance.now()`, it is exact to less than a
   * millisecond, so that a sign-in right after it works.
   */
  readonly cutAt: number
}

/** Returns the result of a `create`. If it is `created`, its `ended` are the sessions that have to end. */
export function planCreate(unit: Unit, record: SessionRecord, options: CreateOptions): CreateResult {
  if (unit.entries.has(record.id)) return taken
  if (isCutOff(unit, record.id, options)) return cutOff
  const excess = findExcess(unit, record, options)
  return excess === null ? full : { result: 'created', ended: excess.map(({ id }) => id) }
}

const taken: CreateResult = { result: 'taken', ended: [] }
const cutOff: CreateResult = { result: 'cut-off', ended: [] }
const full: CreateResult = { result: 'full', ended: [] }

/** Returns the record after an `update`; `null` if the update does not apply. */
export function changeRecord(
  { entries }: Pick<Unit, 'entries'>,
  id: string,
  held: Held,
  { set, unset, ...fields }: RecordChange,
): SessionRecord | null {
  const record = liveRecord(entries, id)
  if (record === undefined || record.secretHash !== held.secretHash) return null
  if (held.version !== undefined && record.version !== held.version) return null
  const hasChanges = unset.length > 0 || Object.keys(set).length > 0
  const version = fields.version ?? record.version + (hasChanges ? 1 : 0)
  const changed = assignDefined({ ...record, version }, fields)
  if (!hasChanges) return changed
  const data = mergeTexts(record.data, set)
  for (const key of unset) if (!Object.hasOwn(set, key)) Reflect.deleteProperty(data, key)
  return { ...changed, data }
}

/** Returns the records that an `endAll` has to end; `null` if it does nothing, because the session to spare has ended. */
export function planEndAll(unit: Unit, except: SparedSession | null): SessionInfo[] | null {
  const { entries } = unit
  if (except !== null && liveRecord(entries, except.id) === undefined) {
    const isBeginning = except.openedAt !== undefined && !entries.has(except.id)
    if (!isBeginning || isCutOff(unit, except.id, except)) return null
  }
  return [...liveRecords(entries)].filter(({ id }) => id !== except?.id)
}

export function liveRecord(entries: UnitEntries, id: string): SessionRecord | undefined {
  const found = entries.get(id)
  return found === undefined || isEnding(found) ? undefined : found
}

export function* liveRecords<Kept extends SessionInfo>(entries: {
  values(): Iterable<Kept | Ending>
}): Generator<Kept> {
  for (const found of entries.values()) if (!('ended' in found)) yield found
}

/** Returns whether a cutoff ends a session that is about to be created. */
function isCutOff({ cutoff, cutAt }: Unit, id: string, options: CreateOptions): boolean {
  if (cutoff === null || cutoff.spared === id) return false
  const { openedAt, beganAt } = options
  const wasOpenedBefore = openedAt !== undefined && cutAt >= openedAt
  return wasOpenedBefore || (beganAt !== undefined && cutoff.at > beganAt)
}

/** Returns the sessions that must end so that a record can be added; `null` if it must not be added. */
function findExcess({ entries }: Unit, { lastSeenAt }: SessionRecord, { limit }: CreateOptions): SessionInfo[] | null {
  if (limit === undefined || entries.size < limit.max) return []
  const live = [...liveRecords(entries)].filter(({ expiresAt }) => expiresAt > lastSeenAt)
  if (live.length < limit.max) return []
  if (limit.ending === null) return null
  return live.toSorted((one, other) => one.createdAt - other.createdAt).slice(0, live.length + 1 - limit.max)
}

/** Sets the fields that a change names. */
function assignDefined<Target extends object>(target: Target, fields: Readonly<Record<string, unknown>>): Target {
  const values = target as Record<string, unknown>
  for (const name of Object.keys(fields)) if (fields[name] !== undefined) values[name] = fields[name]
  return target
}

export const infoOf = ({ data: _data, secretHash: _hash, version: _version, ...info }: SessionRecord): SessionInfo =>
  info

/** Copies an ending, without `movedTo`: a store of the sealed cookie never gets it. */
export const copyEnding = ({ ended, endedAt, expiresAt }: Ending): Ending => ({ ended, endedAt, expiresAt })
