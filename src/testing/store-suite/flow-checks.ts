import assert from 'node:assert/strict'
import type { Sessions } from '../../index.ts'
import { isEnding } from '../../stores/store.ts'
import { commitSignIn, createBrowser, createServer, openOutcome, signInBrowser, visit } from './flow-kit.ts'
import { runConcurrently, waitMicrotasks, type StoreCheck } from './kit.ts'

// Whole requests of two servers that share the store. They combine the store's operations as the library does.
export const flowChecks: readonly StoreCheck[] = [
  [
    'a sign-in keeps the guest’s data, and ends the guest’s session',
    async ({ store, other }) => {
      const [one, two] = [createServer(store), createServer(other)]
      const visitor = createBrowser()
      await visit(one, visitor, (session) => (session.data['cart'] = ['tea', 'x'.repeat(8192)]))
      const guest = visitor.cookie
      await visit(two, visitor, (session) => session.signIn('ada'))
      const session = await one.open(visitor.cookie)

      assert.deepEqual([session.userId, session.data['cart'][1].length], ['ada', 8192])
      assert.equal(await openOutcome(one, guest), 'ended')
      assert.equal(await openOutcome(two, guest), 'ended')
    },
  ],
  [
    'a cookie from before a sign-out, renewal or revocation opens nothing, on any server',
    async ({ store, other }) => {
      const [one, two] = [createServer(store), createServer(other)]
      const [out, renewed, revoked] = [await signInBrowser(one), await signInBrowser(two), await signInBrowser(one)]
      const before = { out: out.cookie, renewed: renewed.cookie, revoked: revoked.cookie }
      const { id } = await two.open(revoked.cookie)
      await visit(two, renewed, (session) => session.renew())
      await visit(two, out, (session) => session.signOut())
      assert.equal((await two.revoke('ada', id!)).ended, 1)

      for (const sessions of [one, two]) {
        assert.equal(await openOutcome(sessions, before.out), 'ended')
        assert.equal(await openOutcome(sessions, before.renewed), 'ended')
        assert.equal(await openOutcome(sessions, before.revoked), 'revoked')
        assert.equal(await openOutcome(sessions, renewed.cookie), 'active')
      }
    },
  ],
  [
    'a request in progress never brings back a session that is signed out meanwhile',
    async ({ store, other, rounds }) => {
      const [one, two] = [createServer(store), createServer(other)]
      for (let round = 0; round < rounds; round++) {
        const visitor = await signInBrowser(one)
        const { cookie } = visitor
        const slow = await two.open(cookie)
        slow.data['late'] = round
        if (round % 3 === 1) slow.renew()
        const writing = waitMicrotasks(round % 16).then(async () => two.commit(slow))
        await waitMicrotasks((round >> 4) % 8)
        await visit(one, visitor, (session) => session.signOut())
        visitor.receive(await writing)
        for (const sessions of [one, two]) {
          for (const brought of [cookie, visitor.cookie]) assert.equal((await sessions.open(brought)).userId, null)
        }
      }
    },
  ],
  [
    'concurrent sign-ins of a user are all listed, and revokeAll with `except` leaves exactly one',
    async ({ store, other }) => {
      const servers = [createServer(store), createServer(other)]
      const visitors = await runConcurrently(48, async (at) => signInBrowser(servers[at % 2]!))
      const [one] = servers as [Sessions, Sessions]
      assert.equal((await one.list('ada')).length, 48)
      const except = await one.open(visitors[7]!.cookie)
      assert.equal((await one.revokeAll('ada', { except })).ended, 47)

      const outcomes = await Promise.all(visitors.map(async ({ cookie }) => openOutcome(servers[1]!, cookie)))
      assert.deepEqual(
        outcomes.flatMap((outcome, at) => (outcome === 'active' ? at : [])),
        [7],
      )
      assert.deepEqual(
        (await servers[1]!.list('ada')).map(({ id }) => id),
        [except.id],
      )
    },
  ],
  [
    'a sign-in in progress is refused if revokeAll ran after its request was opened',
    async ({ store, other }) => {
      const [one, two] = [createServer(store), createServer(other)]
      const slow = await one.open(null)
      slow.signIn('ada')
      await two.revokeAll('ada')
      const late = await commitSignIn(one, slow)

      assert.equal((await two.open(late.cookie)).userId, null)
      assert.deepEqual(await two.list('ada'), [])
    },
  ],
  [
    'a session from before the store was added is adopted once, and not if it was signed out since',
    async ({ store, other }) => {
      const [cookies, one, two] = [createServer(), createServer(store), createServer(other)]
      const [staying, leaving] = [await signInBrowser(cookies), await signInBrowser(cookies)]
      const left = leaving.cookie
      await visit(one, leaving, (session) => session.signOut())
      const outcomes = await runConcurrently(8, async (at) => openOutcome(at % 2 ? one : two, staying.cookie))

      assert.deepEqual(new Set(outcomes), new Set(['active']))
      assert.equal((await two.list('ada')).length, 1)
      for (const sessions of [one, two]) assert.equal(await openOutcome(sessions, left), 'ended')
    },
  ],
  [
    'a visitor without data has no record, and no stored text opens as a cookie',
    async ({ store }) => {
      if (store.all === undefined) return
      const sessions = createServer(store)
      for (let visits = 0; visits < 100; visits++)
        await visit(sessions, createBrowser(), (session) => void session.csrfToken)
      for await (const entry of store.all())
        assert.fail(`${JSON.stringify(entry)} was stored for a visitor without data`)
      await signInBrowser(sessions)
      const texts = new Set<string>()
      for await (const entry of store.all()) {
        if (!('key' in entry) || isEnding(entry.found)) continue
        for (const text of [entry.key.id, ...Object.values({ ...entry.found, ...entry.found.data })])
          texts.add(String(text))
      }
      for (const text of texts) {
        for (const cookie of [`__Host-Http-session=${text}`, `__Host-Http-guest=${text}`]) {
          assert.equal((await sessions.open(cookie)).userId, null)
        }
      }
    },
  ],
]
