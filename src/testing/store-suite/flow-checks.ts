import assert from 'node:assert/strict'
import { createSessions, type Session, type Sessions } from '../../index.ts'
import { isEnding, type SessionStore } from '../../stores/store.ts'
import { runConcurrently, waitMicrotasks, type StoreCheck } from './kit.ts'

// What is composed of the store's verbs, as two servers do it that have the same store.

const secrets = ['a secret of the store suite, and of nobody else']
const createServer = (store?: SessionStore): Sessions =>
  // A busy machine must not look like an outage.
  createSessions({ secrets, store, cookie: { secure: true }, touchAfter: 0, storeTimeout: 5, onEvent: () => {} })

/** The cookies of one browser. */
function createBrowser(cookies = new Map<string, string>()) {
  return {
    get cookie(): string {
      return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    },
    receive(headers: Headers): void {
      for (const [, name, value] of headers.getSetCookie().map((line) => /^([^=]+)=([^;]*)/.exec(line)!)) {
        if (value === '') cookies.delete(name!)
        else cookies.set(name!, value!)
      }
    },
  }
}

type Browser = ReturnType<typeof createBrowser>

async function visit(sessions: Sessions, visitor: Browser, handle: (session: Session) => void): Promise<Headers> {
  const session = await sessions.open(visitor.cookie)
  handle(session)
  const headers = await sessions.commit(session)
  visitor.receive(headers)
  return headers
}

async function signInBrowser(sessions: Sessions, userId = 'ada'): Promise<Browser> {
  const visitor = createBrowser()
  await visit(sessions, visitor, (session) => session.signIn(userId))
  return visitor
}

const openOutcome = async (sessions: Sessions, cookie: string) => (await sessions.open(cookie)).outcome

export const flowChecks: readonly StoreCheck[] = [
  [
    'keeps what a guest gathered through a sign-in, and ends the guest’s session',
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
    'opens nothing any more that was signed out, renewed or revoked, on any server and whichever cookie comes back',
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
    'lets no request that was under way bring back a session that is signed out meanwhile',
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
    'keeps both of two keys that two tabs write at once, and a message of each',
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
    'counts exactly where requests change one key at once',
    async ({ store, other, rounds }) => {
      const [one, two] = [createServer(store), createServer(other)]
      const { cookie } = await signInBrowser(one)
      await runConcurrently(rounds, async (at) => {
        const sessions = at % 10 === 0 ? two : one
        const session = await sessions.open(cookie)
        session.update('count', (count = 0) => count + 1)
        await sessions.commit(session)
      })
      assert.equal((await two.open(cookie)).data['count'], rounds)
    },
  ],
  [
    'lists all of a user’s sign-ins that happen at once, and leaves exactly one of them where all but one are ended',
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
    'refuses a sign-in that was under way when all of its user’s sessions were ended',
    async ({ store, other }) => {
      const [one, two] = [createServer(store), createServer(other)]
      const slow = await one.open(null)
      slow.signIn('ada')
      await two.revokeAll('ada')
      const late = createBrowser()
      late.receive(await one.commit(slow))

      assert.equal((await two.open(late.cookie)).userId, null)
      assert.deepEqual(await two.list('ada'), [])
    },
  ],
  [
    'takes in a session from before there was a store, once, and not one that was signed out since',
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
    'holds nothing of visitors who only looked, and no text that signs anybody in',
    async ({ store }) => {
      if (store.all === undefined) return
      const sessions = createServer(store)
      for (let visits = 0; visits < 100; visits++)
        await visit(sessions, createBrowser(), (session) => void session.csrfToken)
      for await (const [id] of store.all()) assert.fail(`${id} is kept of a visitor who only looked`)
      await signInBrowser(sessions)
      const texts = new Set<string>()
      for await (const [id, found] of store.all()) {
        for (const text of [id, ...Object.values(isEnding(found) ? {} : { ...found, ...found.data })])
          texts.add(String(text))
      }
      for (const text of texts) {
        for (const cookie of [`__Host-session=${text}`, `__Host-guest=${text}`]) {
          assert.equal((await sessions.open(cookie)).userId, null)
        }
      }
    },
  ],
]
