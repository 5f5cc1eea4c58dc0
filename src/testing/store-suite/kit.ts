import assert from 'node:assert/strict'
import { isEnding, type Ending, type RecordChange, type SessionRecord, type SessionStore } from '../../stores/store.ts'

/** What a check works with. */
export interface Kit {
  /** Empty at first. */
  readonly store: SessionStore
  /** The same data as another process sees it; the same store where there is no other way to it. */
  readonly other: SessionStore
  /** How often a race is run. */
  readonly rounds: number
  /** Whether the engine removes a record by itself at the instant when it expires. */
  readonly expiresByItself: boolean
}

/** One promise of the contract, by what can be seen. */
export type StoreCheck = readonly [name: string, check: (kit: Kit) => Promise<void>]

const dayMs = 86_400_000

/** Long after the checks are done. */
export const tomorrow = Date.now() + dayMs

let recordCount = 0

/** A record as none was before. */
export function newRecord(fields: Partial<SessionRecord> = {}): SessionRecord {
  recordCount++
  return {
    id: `id-${recordCount}`,
    secretHash: `hash-${recordCount}`,
    version: 0,
    userId: 'ada',
    createdAt: tomorrow - 3 * dayMs + 1,
    signedInAt: tomorrow - 2 * dayMs + 2,
    lastSeenAt: tomorrow - dayMs + 3,
    expiresAt: tomorrow + 4,
    remember: true,
    label: 'Firefox on Linux',
    data: { cart: '["tea"]', theme: '"dark"' },
    ...fields,
  }
}

/** A change that a request makes which only shows that the session is in use. */
export function createChange(fields: Partial<RecordChange> = {}): RecordChange {
  return { set: {}, unset: [], lastSeenAt: tomorrow - 1000, expiresAt: tomorrow + 1000, ...fields }
}

/** A change of one key. */
export const createDataChange = (key: string, text: string): RecordChange => createChange({ set: { [key]: text } })

export const sampleEnding: Ending = { ended: 'signed-out', endedAt: tomorrow - dayMs + 5, expiresAt: tomorrow + 6 }

/** Adds a record, and gives it. */
export async function addRecord(store: SessionStore, fields?: Partial<SessionRecord>): Promise<SessionRecord> {
  const record = newRecord(fields)
  assert.equal(await store.create(record), true, `create of ${record.id}`)
  return record
}

/** What a store holds of a session that is alive. */
export async function readRecord(store: SessionStore, id: string): Promise<SessionRecord> {
  const found = await store.read(id)
  assert(found !== null, `read of ${id} found nothing`)
  assert(!isEnding(found), `read of ${id} found an ending`)
  return found
}

/** A store holds exactly this record. */
export async function assertRecord(store: SessionStore, record: SessionRecord): Promise<void> {
  assertSameRecord(await readRecord(store, record.id), record)
}

export function assertSameRecord(found: SessionRecord, record: SessionRecord): void {
  assert.deepEqual(toComparable(found), toComparable(record))
}

/** Entries, since keys such as `__proto__` count too. */
const toComparable = ({ data, ...fields }: SessionRecord) => ({
  ...fields,
  data: Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1)),
})

/** A store holds exactly this ending, or what was said of it in `message`. */
export async function assertEnding(store: SessionStore, id: string, expected = sampleEnding): Promise<void> {
  assert.deepEqual({ ...(await store.read(id)) }, { ...expected }, `read of ${id}, which was ended`)
}

/** The ids of a user's sessions, in order. */
export const listSessionIds = async (store: SessionStore, userId: string): Promise<string[]> =>
  (await store.list(userId)).map(({ id }) => id).toSorted()

/** Ends a session, as one that does. */
export async function endRecord(store: SessionStore, id: string, newEnding = sampleEnding): Promise<void> {
  assert.notEqual(await store.end(id, newEnding), false, `end of ${id}`)
}

/** Starts calls in one instant and waits for all. */
export const runConcurrently = <Value>(count: number, call: (at: number) => Promise<Value>): Promise<Value[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => call(at)))

/** Waits for so many turns of promises, so that two calls meet at another point each time. */
export async function waitMicrotasks(count: number): Promise<void> {
  for (let hop = 0; hop < count; hop++) await Promise.resolve()
}
