import assert from 'node:assert/strict'
import {
  isEnding,
  type CreateOptions,
  type CreateResult,
  type EndAllResult,
  type Ending,
  type RecordChange,
  type SessionKey,
  type SessionRecord,
  type SessionStore,
  type SparedSession,
} from '../../stores/store.ts'

/** The stores that a check gets, and how to use them. */
export interface Kit {
  /** The store to check, empty at first. */
  readonly store: SessionStore
  /** The same data through a second connection, as another process sees it; `store` itself if there is none. */
  readonly other: SessionStore
  /** How often a race is run. */
  readonly rounds: number
  /** Whether the engine removes a record by itself when it expires. */
  readonly expiresByItself: boolean
}

/** One check. Its name is a sentence that says what must hold. */
export type StoreCheck = readonly [name: string, check: (kit: Kit) => Promise<void>]

const dayMs = 86_400_000

/** A time at which the checks are long done, in epoch milliseconds. */
export const tomorrow = Date.now() + dayMs

let recordCount = 0

/** A key that names no record. */
export const nobody: SessionKey = { id: 'nobody', userId: 'ada' }

/** Creates a record with an id that no other has. */
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
    idleTimeout: 1800,
    absoluteTimeout: 86_400,
    methods: [
      ['password', tomorrow - 2 * dayMs + 2],
      ['totp', tomorrow - 2 * dayMs + 5000],
    ],
    data: { cart: '["tea"]', theme: '"dark"' },
    ...fields,
  }
}

/** Creates a change of the last use alone, unless fields are given. */
export function createChange(fields: Partial<RecordChange> = {}): RecordChange {
  return { set: {}, unset: [], lastSeenAt: tomorrow - 1000, expiresAt: tomorrow + 1000, ...fields }
}

/** Creates a change of one key. */
export const createDataChange = (key: string, text: string): RecordChange => createChange({ set: { [key]: text } })

export const sampleEnding: Ending = { ended: 'signed-out', endedAt: tomorrow - dayMs + 5, expiresAt: tomorrow + 6 }

/** Adds a new record to a store, and returns it. */
export async function addRecord(store: SessionStore, fields?: Partial<SessionRecord>): Promise<SessionRecord> {
  const record = newRecord(fields)
  await assertCreate(store, record, 'created')
  return record
}

/** Checks what a create resolves to. */
export async function assertCreate(
  store: SessionStore,
  record: SessionRecord,
  result: CreateResult['result'],
  options?: CreateOptions,
  ended: readonly string[] = [],
): Promise<void> {
  const answer = await store.create(record, options)
  assert.deepEqual(
    { result: answer.result, ended: [...answer.ended].toSorted() },
    { result, ended: ended.toSorted() },
    `create of ${record.id} must resolve to \`${result}\` and the ids that the limit ended, not to ${JSON.stringify(answer)}`,
  )
}

/** Checks what an endAll resolves to. The ids are compared in any order. */
export async function assertEndAll(
  store: SessionStore,
  userId: string,
  expected: { isDone: boolean; ended: readonly SessionKey[] },
  { except, ending = sampleEnding }: { except?: SparedSession | null; ending?: Ending } = {},
): Promise<void> {
  const answer = await store.endAll(userId, ending, except)
  assert.deepEqual(
    { isDone: answer.isDone, ended: [...answer.ended].toSorted() },
    { isDone: expected.isDone, ended: expected.ended.map(({ id }) => id).toSorted() },
    'endAll must resolve to whether it was done, and to the ids of the sessions that it ended',
  )
  assertConfirmed(answer)
}

/** A store that waits for replicas may have had too few answers. */
const assertConfirmed = ({ isConfirmed }: EndAllResult): void =>
  assert.equal(typeof isConfirmed, 'boolean', 'endAll must resolve to `isConfirmed`, true or false')

/** Reads the record of a live session. */
export async function readRecord(store: SessionStore, { id, userId }: SessionKey): Promise<SessionRecord> {
  const found = await store.read({ id, userId })
  assert(found !== null, `read of ${id}, which is live, found nothing`)
  assert(!isEnding(found), `read of ${id}, which is live, found an ending`)
  return found
}

/** Checks that a store has exactly this record. */
export async function assertRecord(store: SessionStore, record: SessionRecord): Promise<void> {
  assertSameRecord(await readRecord(store, record), record)
}

export function assertSameRecord(found: SessionRecord, record: SessionRecord): void {
  assert.deepEqual(toComparable(found), toComparable(record))
}

/** Compares data by entries, because deepEqual ignores a key such as `__proto__`. */
const toComparable = ({ data, ...fields }: SessionRecord) => ({
  ...fields,
  data: Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1)),
})

/** Checks that a store has exactly this ending. */
export async function assertEnding(
  store: SessionStore,
  { id, userId }: SessionKey,
  expected = sampleEnding,
): Promise<void> {
  assert.deepEqual(
    { ...(await store.read({ id, userId })) },
    { ...expected },
    `read of ${id}, which has ended, must find its ending`,
  )
}

/** Lists the ids of a user's sessions, sorted. */
export const listSessionIds = async (store: SessionStore, userId: string): Promise<string[]> =>
  (await store.list(userId)).map(({ id }) => id).toSorted()

/** Checks that exactly these sessions of a user are live. */
export async function assertLive(store: SessionStore, userId: string, live: readonly SessionKey[]): Promise<void> {
  assert.deepEqual(
    await listSessionIds(store, userId),
    live.map(({ id }) => id).toSorted(),
    `live sessions of ${userId}`,
  )
  for (const key of live) await readRecord(store, key)
}

/** Ends a live session. */
export async function endRecord(store: SessionStore, { id, userId }: SessionKey, ending = sampleEnding): Promise<void> {
  assert.notEqual(
    await store.end({ id, userId }, ending),
    false,
    `end of ${id}, which is live, must not resolve to false`,
  )
}

/** Starts calls at the same time, and waits for all. */
export const runConcurrently = <Value>(count: number, call: (at: number) => Promise<Value>): Promise<Value[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => call(at)))

/** Waits for some microtasks, so that two calls meet at a different point in each round. */
export async function waitMicrotasks(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve()
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
