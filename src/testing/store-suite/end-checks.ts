import assert from 'node:assert/strict'
import type { SessionNotice, SessionRecord } from '../../stores/store.ts'
import {
  addRecord,
  assertEnding,
  assertRecord,
  createChange,
  createDataChange,
  endRecord,
  listSessionIds,
  sampleEnding as anEnding,
  tomorrow,
  type StoreCheck,
} from './kit.ts'

export const endChecks: readonly StoreCheck[] = [
  [
    'read returns the ending of an ended session, at once and in every process, without the record',
    async ({ store, other }) => {
      const { id } = await addRecord(store)
      assert.notEqual(await other.read(id), null)
      await endRecord(store, id)
      await assertEnding(store, id)
      await assertEnding(other, id)
      const revoked = { ended: 'revoked', endedAt: 0, expiresAt: tomorrow } as const
      const guest = await addRecord(store, { userId: null })
      await endRecord(other, guest.id, revoked)
      await assertEnding(store, guest.id, revoked)
    },
  ],
  [
    'only the first end counts: its ending remains, and later calls resolve to false',
    async ({ store, other }) => {
      const { id } = await addRecord(store)
      await endRecord(store, id)
      const again = { ended: 'revoked', endedAt: tomorrow, expiresAt: tomorrow + 9 } as const
      assert.equal(await store.end(id, again), false)
      assert.equal(await other.end(id, again), false)
      await assertEnding(store, id)
    },
  ],
  [
    'end of an unknown id resolves to false and writes nothing',
    async ({ store }) => {
      assert.equal(await store.end('nobody', anEnding), false)
      assert.equal(await store.read('nobody'), null)
    },
  ],
  [
    'end leaves all other sessions unchanged',
    async ({ store }) => {
      const [first, second, third] = [await addRecord(store), await addRecord(store), await addRecord(store)]
      await endRecord(store, second.id)
      await assertRecord(store, first)
      await assertRecord(store, third)
      assert.deepEqual(await listSessionIds(store, 'ada'), [first.id, third.id].toSorted())
    },
  ],
  [
    'an ending that has expired may be dropped at once, but the record must not remain',
    async ({ store }) => {
      const { id, secretHash } = await addRecord(store)
      const brief = { ended: 'signed-out', endedAt: Date.now() - 2000, expiresAt: Date.now() - 1000 } as const
      await endRecord(store, id, brief)
      if ((await store.read(id)) !== null) await assertEnding(store, id, brief)
      const change = { set: {}, unset: [], lastSeenAt: tomorrow, expiresAt: tomorrow }
      assert.equal(await store.update(id, { secretHash }, change), null)
      assert.equal(await store.end(id, anEnding), false)
      assert.deepEqual(await listSessionIds(store, 'ada'), [])
    },
  ],
  [
    'watch, if implemented, calls back when any process ends or renews a session, and not for other changes',
    async ({ store, other }) => {
      if (store.watch === undefined) return
      const add = async (userId: string | null) => addRecord(store, { userId })
      const [ended, guest, renewed, late] = [await add('ada'), await add(null), await add('ada'), await add('ada')]
      const notices: SessionNotice[] = []
      let calledBack = () => {}
      const stop = store.watch((notice) => {
        // A notice may come more than once.
        const isNew = !notices.some((each) => JSON.stringify(each) === JSON.stringify(notice))
        if (notice !== null && isNew) notices.push(notice)
        calledBack()
      })
      const untilNotice = async ({ id }: SessionRecord, act: () => Promise<unknown>): Promise<void> => {
        const isNotified = () => notices.some((notice) => notice.id === id)
        const called = new Promise<void>((resolve) => (calledBack = () => isNotified() && resolve()))
        await act()
        let timer: ReturnType<typeof setTimeout>
        await Promise.race([called, new Promise((resolve) => (timer = setTimeout(resolve, 5000)))])
        // Otherwise the test runner would wait for the timer.
        clearTimeout(timer!)
        assert(isNotified(), 'a watcher was not called back within 5 s')
      }
      // Some stores connect first.
      await sleep(100)
      const { secretHash: replacedHash, userId } = renewed
      const held = { secretHash: replacedHash, userId }
      for (let time = 0; time < 20; time++) await other.update(renewed.id, held, createDataChange('a', '1'))
      await untilNotice(renewed, async () => other.update(renewed.id, held, createChange({ secretHash: 'renewed' })))
      await untilNotice(ended, async () => endRecord(other, ended.id, { ...anEnding, ended: 'revoked' }))
      await untilNotice(guest, async () => endRecord(other, guest.id))
      assert.deepEqual(notices, [
        { id: renewed.id, isGuest: false, replacedHash, secretHash: 'renewed' },
        { id: ended.id, isGuest: false, ended: 'revoked' },
        { id: guest.id, isGuest: true, ended: 'signed-out' },
      ])
      stop()
      await endRecord(other, late.id)
      await sleep(100)
      assert.equal(notices.length, 3, 'a watcher was called back after it was stopped')
    },
  ],
]

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
