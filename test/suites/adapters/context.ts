import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { browser } from '../../support/browser.ts'
import { signedIn } from '../../support/sessions.ts'
import { inCrowd, sharedConnections } from './crowd.ts'
import { serving, uncaught, type Given } from './serving.ts'

const requests = 500
const users = 50

/** The application's context of each request stays that request's, and so does the session. */
export function contexts(given: Given): void {
  it(
    `in ${requests} requests that hop about, AsyncLocalStorage and session are the same person’s`,
    { timeout: 120_000 },
    async () => {
      const errors = uncaught()
      const storage = new AsyncLocalStorage<string>()
      const mismatched: string[] = []
      const afterwards: (() => void)[] = []
      const agent = sharedConnections()
      const { ask, ...visited } = await serving(
        given,
        {
          '/': async (session, { user }) => {
            const before = storage.getStore()
            for (const hop of hops(user!)) await hop()
            const after = storage.getStore()
            const who = session.userId
            if (before !== user || after !== user || who !== user)
              mismatched.push(`${user}: ${before}, ${after}, ${who}`)
            session.data['last'] = user
            // Work in the background is too late for this session, and for no other.
            afterwards.push(() => {
              session.data = { owner: user }
            })
            return { body: `${user} ${after} ${who}` }
          },
        },
        { around: (user, next) => (user === undefined ? next() : storage.run(user, next)) },
      )
      const people = await Promise.all(Array.from({ length: users }, (_, n) => signedIn(visited, `user-${n}`)))

      await inCrowd(requests, async (n) => {
        const name = `user-${n % users}`
        const got = await ask('/', { agent, cookie: people[n % users]!.cookie, headers: { 'X-User': name } })
        if (got.body !== `${name} ${name} ${name}`) mismatched.push(`${name} got: ${got.body}`)
        const holds = browser({ now: visited.clock.now })
        holds.receive(got.headers)
        const { userId, data } = await visited.sessions.open(holds.cookie)
        if (userId !== name || data['last'] !== name || 'owner' in data) mismatched.push(`${name} holds ${userId}`)
      })

      expect(mismatched).toEqual([])
      expect(afterwards).toHaveLength(requests)
      for (const late of afterwards) expect(late).toThrow(expect.objectContaining({ code: 'ERR_COMMITTED' }))
      expect(errors).toEqual([])
    },
  )
}

/** Ways to wait, in another order for each person. */
function hops(user: string): (() => Promise<unknown>)[] {
  const all = [
    () => delay(1),
    () => new Promise((resolve) => void setImmediate(resolve)),
    () => new Promise<void>((resolve) => queueMicrotask(resolve)),
    () => new Promise<void>((resolve) => process.nextTick(resolve)),
    async () => Promise.all([Promise.resolve(), delay(0)]),
  ]
  const first = Number(user.slice(5)) % all.length
  return [...all.slice(first), ...all.slice(0, first)]
}
