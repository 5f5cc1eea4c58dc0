import assert from 'node:assert/strict'
import {
  addRecord,
  assertCreate,
  assertEnding,
  assertLive,
  assertRecord,
  newRecord,
  sampleEnding,
  sleep,
  tomorrow,
  type StoreCheck,
} from './kit.ts'

const hourMs = 3_600_000

export const cutoffChecks: readonly StoreCheck[] = [
  [
    'create resolves to `cut-off` if the user’s sessions were all ended while its request was open (`openedAt`)',
    async ({ store, other }) => {
      await store.endAll('ada', sampleEnding)
      await sleep(20)
      for (const each of [store, other]) {
        const record = newRecord()
        await assertCreate(each, record, 'cut-off', { openedAt: performance.now() - 5000.5 })
        assert.equal(await each.read(record), null, 'a record that was cut off must not be added')
        await assertCreate(each, newRecord({ userId: 'eve' }), 'created', { openedAt: performance.now() - 60_000 })
      }
      await assertLive(other, 'ada', [])
    },
  ],
  [
    'create adds a record if its request was opened after endAll, or if no condition is passed',
    async ({ store, other }) => {
      await store.endAll('ada', sampleEnding)
      const unconditional = newRecord()
      await assertCreate(other, unconditional, 'created')
      await assertCreate(store, newRecord(), 'created', {})
      await sleep(20)
      for (const milliseconds of [0, 3.75, 10]) {
        const record = newRecord()
        await assertCreate(other, record, 'created', { openedAt: performance.now() - milliseconds })
        await assertRecord(store, record)
      }
      await assertRecord(store, unconditional)
    },
  ],
  [
    'create compares `openedAt` with the store’s clock, and with no instant of the record',
    async ({ store }) => {
      await store.endAll('ada', sampleEnding)
      // Longer than 60 ms, so that a store is found that takes the 60 s below for milliseconds.
      await sleep(100)
      const at = (instant: number) =>
        newRecord({ createdAt: instant, signedInAt: instant, lastSeenAt: instant, methods: [['password', instant]] })
      for (const instant of [1, Date.now() - hourMs, Date.now() + hourMs, tomorrow]) {
        await assertCreate(store, at(instant), 'cut-off', { openedAt: performance.now() - 60_000 })
        await assertCreate(store, at(instant), 'created', { openedAt: performance.now() - 5 })
      }
    },
  ],
  [
    'create resolves to `cut-off` if the user’s sessions were all ended after the session began (`beganAt`)',
    async ({ store, other }) => {
      await store.endAll('ada', sampleEnding)
      const [before, after] = [newRecord(), newRecord()]
      await assertCreate(other, before, 'cut-off', { beganAt: Date.now() - hourMs })
      assert.equal(await store.read(before), null, 'a record that was cut off must not be added')
      await assertCreate(other, after, 'created', { beganAt: Date.now() + hourMs })
      await assertRecord(store, after)
      await assertCreate(store, newRecord({ userId: 'eve' }), 'created', { beganAt: Date.now() - hourMs })
      const both = { openedAt: performance.now() - 60_000, beganAt: Date.now() + hourMs }
      await assertCreate(store, newRecord(), 'cut-off', both)
    },
  ],
  [
    'a cutoff spares the id of `except` and no other, until the next endAll',
    async ({ store, other }) => {
      const [spared, late] = [newRecord(), newRecord()]
      await store.endAll('ada', sampleEnding, { id: spared.id, openedAt: performance.now() - 60_000 })
      await assertCreate(other, late, 'cut-off', { openedAt: performance.now() - 60_000, beganAt: 1 })
      await assertCreate(other, spared, 'created', { openedAt: performance.now() - 60_000, beganAt: 1 })
      const next = newRecord()
      await sleep(20)
      await store.endAll('ada', sampleEnding, { id: next.id, openedAt: performance.now() - 5 })
      await assertEnding(store, spared)
      await store.endAll('ada', sampleEnding)
      await assertCreate(store, next, 'cut-off', { openedAt: performance.now() - 60_000 })
      await assertLive(store, 'ada', [])
    },
  ],
  [
    'endAll that does nothing leaves the cutoff as it is',
    async ({ store }) => {
      const spared = newRecord()
      await store.endAll('ada', sampleEnding, { id: spared.id, openedAt: performance.now() - 60_000 })
      await sleep(20)
      await store.endAll('ada', sampleEnding, { id: 'nobody' })
      await assertCreate(store, newRecord(), 'created', { openedAt: performance.now() - 5 })
      await assertCreate(store, newRecord(), 'cut-off', { openedAt: performance.now() - 60_000 })
      await assertCreate(store, spared, 'created', { openedAt: performance.now() - 60_000 })
    },
  ],
  [
    'putCutoff, if implemented, sets a cutoff exactly, and ends no session',
    async ({ store, other }) => {
      if (store.putCutoff === undefined) return
      const [live, spared] = [await addRecord(store), newRecord()]
      const at = Date.now() - hourMs
      await store.putCutoff('ada', { at, spared: spared.id, expiresAt: tomorrow })
      await assertRecord(other, live)
      await assertCreate(other, newRecord(), 'cut-off', { beganAt: at - 1 })
      await assertCreate(other, newRecord(), 'created', { beganAt: at })
      await assertCreate(other, newRecord(), 'cut-off', { openedAt: performance.now() - 2 * hourMs })
      await assertCreate(other, newRecord(), 'created', { openedAt: performance.now() - hourMs / 2 })
      await assertCreate(other, spared, 'created', { openedAt: performance.now() - 2 * hourMs, beganAt: at - 1 })
      await assertCreate(other, newRecord({ userId: 'eve' }), 'created', { beganAt: at - 1 })
    },
  ],
  [
    'putCutoff, if implemented, leaves a later cutoff as it is, and replaces an earlier one',
    async ({ store, other }) => {
      if (store.putCutoff === undefined) return
      const at = Date.now() - hourMs
      const [first, second, third] = [newRecord(), newRecord(), newRecord()]
      await store.putCutoff('ada', { at, spared: first.id, expiresAt: tomorrow })
      await other.putCutoff!('ada', { at: at - 1000, spared: second.id, expiresAt: tomorrow + 1000 })
      await assertCreate(store, second, 'cut-off', { beganAt: at - 1 })
      await other.putCutoff!('ada', { at: at + 1000, spared: third.id, expiresAt: tomorrow })
      await assertCreate(store, first, 'cut-off', { beganAt: at + 999 })
      await assertCreate(store, third, 'created', { beganAt: at + 999 })
      // By the store's clock, an endAll is later than both.
      await store.endAll('ada', sampleEnding)
      await other.putCutoff!('ada', { at: at + 2000, spared: first.id, expiresAt: tomorrow })
      await assertCreate(store, first, 'cut-off', { openedAt: performance.now() - 60_000 })
    },
  ],
]
