import assert from 'node:assert/strict'
import { createServer, signInBrowser } from './flow-kit.ts'
import { runConcurrently, waitMicrotasks, type StoreCheck } from './kit.ts'

// Whole requests that change the data of one session at the same time, at two servers.
export const flowUpdateChecks: readonly StoreCheck[] = [
  [
    'two tabs that write different keys at once both keep their key and their flash message',
    async ({ store, other, rounds }) => {
      const [one, two] = [createServer(store), createServer(other)]
      const { cookie } = await signInBrowser(one)
      for (let round = 0; round < rounds; round++) {
        const tabs = [await one.open(cookie), await two.open(cookie)] as const
        tabs[0].data['left'] = round
        tabs[1].data['right'] = round
        for (const tab of tabs) tab.flash('info', 'Saved.')
        await Promise.all([one.commit(tabs[0]), waitMicrotasks(round % 8).then(async () => two.commit(tabs[1]))])
        const after = await one.open(cookie)
        assert.deepEqual({ ...after.data }, { left: round, right: round })
        assert.equal(after.takeFlashes().length, 2)
        await one.commit(after)
      }
    },
  ],
  [
    'concurrent requests that call session.update for one key lose no change',
    async ({ store, other, rounds }) => {
      const [one, two] = [createServer(store), createServer(other)]
      const { cookie } = await signInBrowser(one)
      const count = Math.min(rounds, 200) // each of them is sent again for each one before it
      await runConcurrently(count, async (at) => {
        const sessions = at % 10 === 0 ? two : one
        const session = await sessions.open(cookie)
        session.update('count', (count = 0) => count + 1)
        await sessions.commit(session)
      })
      assert.equal((await two.open(cookie)).data['count'], count)
    },
  ],
]
