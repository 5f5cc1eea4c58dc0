import { isEnding, type CreateOptions, type Cutoff, type Ending, type SessionRecord } from './store.ts'

/** The sessions of one user, or one session of a guest. */
export interface MemoryUnit {
  readonly userId: string | null
  readonly entries: Map<string, SessionRecord | Ending>
  cutoff: Cutoff | null
  /** When the cutoff was set, by `performance.now()`: exact to less than a millisecond, so that a sign-in right after it works. */
  cutAt: number
}

export function liveRecord(entries: MemoryUnit['entries'], id: string): SessionRecord | undefined {
  const found = entries.get(id)
  return found === undefined || isEnding(found) ? undefined : found
}

export function* liveRecords({ entries }: MemoryUnit): Generator<SessionRecord> {
  for (const found of entries.values()) if (!isEnding(found)) yield found
}

/** Returns whether a cutoff ends a session that is about to be created. */
export function isCutOff({ cutoff, cutAt }: MemoryUnit, id: string, options: CreateOptions): boolean {
  if (cutoff === null || cutoff.spared === id) return false
  const { openedAt, beganAt } = options
  const wasOpenedBefore = openedAt !== undefined && cutAt >= openedAt
  return wasOpenedBefore || (beganAt !== undefined && cutoff.at > beganAt)
}

/** Returns the sessions that must end so that a record can be added; `null` if it must not be added. */
export function findExcess(
  unit: MemoryUnit,
  { lastSeenAt }: SessionRecord,
  { limit }: CreateOptions,
): SessionRecord[] | null {
  if (limit === undefined || unit.entries.size < limit.max) return []
  const live = [...liveRecords(unit)].filter(({ expiresAt }) => expiresAt > lastSeenAt)
  if (live.length < limit.max) return []
  if (limit.ending === null) return null
  return live.toSorted((one, other) => one.createdAt - other.createdAt).slice(0, live.length + 1 - limit.max)
}

/** Copies a record and freezes the copy, so that callers cannot change the stored session. */
export const freezeRecord = (record: SessionRecord): SessionRecord =>
  Object.freeze({
    ...record,
    methods: Object.freeze(record.methods.map(([name, at]) => Object.freeze([name, at] as const))),
    data: Object.freeze({ ...record.data }),
  })
