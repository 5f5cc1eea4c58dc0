import assert from 'node:assert/strict'
import { commitSignIn, createBrowser, createServer, openOutcome, signInBrowser, visit } from './flow-kit.ts'
import { runConcurrently, sleep, waitMicrotasks, type StoreCheck } from './kit.ts'

const hourMs = 3_600_000

/** How far the clocks of two servers are from the right time, in each third round. */
const skews = [
  [hourMs, -hourMs],
  [-hourMs, hourMs],
  [0, 0],
] as const

const clock = (skew: number) => ({ now: () => Date.now() + skew })

// Whole requests of two servers, for all sessions of one user at once. The clocks of the servers differ.
export const flowRaceChecks: readonly StoreCheck[] = [
  [
    'a sign-in that was opened before revokeAll, and committed during it or later, never opens, whatever the clocks say',
    async ({ store, other, rounds }) => {
      for (let round = 0; round < rounds; round++) {
        const [ahead, behind] = skews[round % 3]!
        const [one, two] = [createServer(store, clock(ahead)), createServer(other, clock(behind))]
        const userId = `user-${round}`
        const [slow, late] = [await one.open(null), await one.open(null)]
        for (const session of [slow, late]) session.signIn(userId)
        const [during] = await Promise.all([
          waitMicrotasks((round * 3) % 16).then(async () => commitSignIn(one, slow)),
          waitMicrotasks((round >> 2) % 16).then(async () => two.revokeAll(userId)),
        ])
        for (const { cookie } of [during, await commitSignIn(one, late)]) {
          for (const sessions of [one, two]) {
            assert.equal((await sessions.open(cookie)).userId, null, 'a sign-in from before revokeAll opens a session')
          }
        }
        assert.deepEqual(await two.list(userId), [], 'a sign-in from before revokeAll is listed')
      }
    },
  ],
  [
    'a sign-in that was opened half a second after revokeAll works, whatever the clocks say',
    async ({ store, other, rounds }) => {
      const users = Array.from({ length: Math.min(rounds, 100) }, (_, at) => `user-${at}`)
      const servers = skews.map(([ahead, behind]) => [
        createServer(store, { ...clock(ahead), storeTimeout: undefined }),
        createServer(other, { ...clock(behind), storeTimeout: undefined }),
      ])
      for (const [at, userId] of users.entries()) await servers[at % 3]![0]!.revokeAll(userId)
      await sleep(500)
      for (const [at, userId] of users.entries()) {
        const { cookie } = await signInBrowser(servers[at % 3]![1]!, userId)
        assert.equal(await openOutcome(servers[at % 3]![1]!, cookie), 'active', 'a sign-in after revokeAll was refused')
      }
    },
  ],
  [
    'of two devices that sign out everywhere else at once, exactly one stays signed in, and the other learns it',
    async ({ store, other, rounds }) => {
      for (let round = 0; round < rounds; round++) {
        const [ahead, behind] = skews[round % 3]!
        const [one, two] = [createServer(store, clock(ahead)), createServer(other, clock(behind))]
        const userId = `user-${round}`
        const servers = [one, two] as const
        const devices = [await signInBrowser(one, userId), await signInBrowser(two, userId)]
        const sessions = [await one.open(devices[0]!.cookie), await two.open(devices[1]!.cookie)]
        const results = await runConcurrently(2, async (at) => {
          await waitMicrotasks((at === 0 ? round : round >> 2) % 12)
          return servers[at]!.revokeAll(userId, { except: sessions[at]! })
        })
        const winner = results.findIndex(({ exceptEnded }) => !exceptEnded)
        assert.deepEqual(
          results.map(({ ended, exceptEnded }) => ({ ended, exceptEnded })),
          [0, 1].map((at) => ({ ended: at === winner ? 1 : 0, exceptEnded: at !== winner })),
          'exactly one of two devices must end the other, and the other must learn that its own session has ended',
        )
        for (const server of servers) {
          assert.equal(await openOutcome(server, devices[winner]!.cookie), 'active')
          assert.equal(await openOutcome(server, devices[1 - winner]!.cookie), 'revoked')
        }
      }
    },
  ],
  [
    'a request that calls revokeAll and signs in keeps its own new session',
    async ({ store, other }) => {
      const [one, two] = [createServer(store), createServer(other)]
      const before = await signInBrowser(two)
      const visitor = createBrowser()
      const session = await one.open(null)
      session.signIn('ada')
      assert.equal((await one.revokeAll('ada', { except: session })).ended, 1)
      visitor.receive(await one.commit(session))
      assert.equal(await openOutcome(two, visitor.cookie), 'active')
      assert.equal(await openOutcome(two, before.cookie), 'revoked')
    },
  ],
  [
    'concurrent sign-ins beyond maxSessions leave exactly that many, and ended sessions learn why: `limit`',
    async ({ store, other }) => {
      const servers = [createServer(store, { maxSessions: 5 }), createServer(other, { maxSessions: 5 })] as const
      const visitors = await runConcurrently(48, async (at) => signInBrowser(servers[at % 2]!))
      // A session that ended before its response was sent has no cookie.
      const cookies = visitors.flatMap(({ cookie }) => (cookie === '' ? [] : cookie))
      const outcomes = await Promise.all(cookies.map(async (cookie) => openOutcome(servers[0], cookie)))
      assert.equal(outcomes.filter((outcome) => outcome === 'active').length, 5, 'how many sessions are left')
      assert.equal(
        outcomes.filter((outcome) => outcome === 'limit').length,
        cookies.length - 5,
        'how many sessions ended: limit',
      )
      assert.equal((await servers[1].list('ada')).length, 5)
    },
  ],
  [
    "with onLimit: 'refuse', concurrent sign-ins beyond maxSessions are refused, and no session ends",
    async ({ store, other }) => {
      const options = { maxSessions: 5, onLimit: 'refuse' } as const
      const servers = [createServer(store, options), createServer(other, options)] as const
      const results = await runConcurrently(20, async (at) =>
        signInBrowser(servers[at % 2]!).catch((error: { code?: string }) => error.code),
      )
      const signedIn = results.filter((result) => typeof result === 'object')
      assert.equal(signedIn.length, 5, 'how many sign-ins were accepted')
      assert.deepEqual(new Set(results.filter((result) => typeof result !== 'object')), new Set(['ERR_SESSION_LIMIT']))
      for (const { cookie } of signedIn) assert.equal(await openOutcome(servers[0], cookie), 'active')
    },
  ],
  [
    'the methods and timeouts of a sign-in are kept, on any server',
    async ({ store, other }) => {
      const [one, two] = [createServer(store), createServer(other)]
      const visitor = createBrowser()
      const options = { method: 'passkey', idleTimeout: 600, absoluteTimeout: 1200 }
      await visit(one, visitor, (session) => session.signIn('ada', options))
      await visit(two, visitor, (session) => session.confirm('totp'))
      const session = await one.open(visitor.cookie)
      const within = ['passkey', 'totp', 'password'].map((method) => session.confirmedWithin(300, { method }))
      assert.deepEqual(within, [true, true, false])
      const [info] = await two.list('ada')
      assert.deepEqual([info!.idleTimeout, info!.absoluteTimeout], [600, 1200])
      const later = createServer(other, clock(700_000))
      assert.equal(await openOutcome(later, visitor.cookie), 'idle')
    },
  ],
]
