import assert from 'node:assert/strict'
import type { SessionNotice, SessionRecord } from '../../stores/store.ts'
import {
  addRecord,
  createChange,
  createDataChange,
  endRecord,
  newRecord,
  sampleEnding,
  sleep,
  type StoreCheck,
} from './kit.ts'

export const watchChecks: readonly StoreCheck[] = [
  [
    'watch, if implemented, calls back when any process ends or renews a session, and not for other changes',
    async ({ store, other }) => {
      if (store.watch === undefined) return
      const add = async (userId: string | null) => addRecord(store, { userId })
      const [ended, guest, renewed, late] = [await add('ada'), await add(null), await add('ada'), await add('ada')]
      const [oldest, evicted, spared] = [await add('bob'), await add('eve'), await add('eve')]
      const notices: SessionNotice[] = []
      let calledBack = () => {}
      const probes = new Set<string>()
      const heard: string[] = []
      const stop = store.watch((notice) => {
        if (notice !== null && probes.has(notice.id)) heard.push(notice.id)
        // A notice may come more than once.
        else if (notice !== null && !notices.some((each) => JSON.stringify(each) === JSON.stringify(notice)))
          notices.push(notice)
        calledBack()
      })
      // Some stores connect first, and notices from before that are lost.
      for (let tries = 0; tries < 100 && heard.length === 0; tries++) {
        const probe = await add('carol')
        probes.add(probe.id)
        await endRecord(other, probe)
        await sleep(tries === 0 ? 0 : 50)
      }
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
      const { secretHash: replacedHash, userId } = renewed
      const held = { secretHash: replacedHash, userId }
      for (let time = 0; time < 20; time++) await other.update(renewed, held, createDataChange('a', '1'))
      await untilNotice(renewed, async () => other.update(renewed, held, createChange({ secretHash: 'renewed' })))
      await untilNotice(ended, async () => endRecord(other, ended, { ...sampleEnding, ended: 'revoked' }))
      await untilNotice(guest, async () => endRecord(other, guest))
      const limit = { max: 1, ending: { ...sampleEnding, ended: 'limit' as const } }
      await untilNotice(oldest, async () => other.create(newRecord({ userId: 'bob' }), { limit }))
      await untilNotice(evicted, async () => other.endAll('eve', sampleEnding, { id: spared.id }))
      assert.deepEqual(notices, [
        { id: renewed.id, isGuest: false, replacedHash, secretHash: 'renewed' },
        { id: ended.id, isGuest: false, ended: 'revoked' },
        { id: guest.id, isGuest: true, ended: 'signed-out' },
        { id: oldest.id, isGuest: false, ended: 'limit' },
        { id: evicted.id, isGuest: false, ended: 'signed-out' },
      ])
      stop()
      await endRecord(other, late)
      await sleep(100)
      assert.equal(notices.length, 5, 'a watcher was called back after it was stopped')
    },
  ],
]
