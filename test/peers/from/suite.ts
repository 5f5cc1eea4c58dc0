import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ForeignSessions } from '../../../src/cookies/foreign.ts'
import type { ReaderOptions } from '../../../src/from/shared/reader-options.ts'
import { createSessions, type SessionEvent, type Sessions, type SessionsOptions } from '../../../src/index.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { browser, type Browser } from '../../support/browser.ts'
import { request, secrets, secure, visit } from '../../support/sessions.ts'

/** The options that the suite sets; a library's own are up to its test. */
export type SuiteOptions = Pick<ReaderOptions<Record<string, any>>, 'user' | 'keepCookie'>

/**
 * A running application that keeps its sessions with another library. `POST /sign-in/ID` signs a user in, `POST /cart/ITEM` puts an item
 * into the cart, `POST /sign-out` signs out, and `GET /` answers `{ userId, cart }`.
 */
export interface PeerServer {
  readonly url: string
  /** Its name for a session's cookie. */
  readonly cookieName: string
  /** @param secret one that the application does not have. @default its own */
  reader(options: SuiteOptions, secret?: string): ForeignSessions
  /** Lets all sessions be too old for the library. */
  expire?: (() => Promise<unknown> | void) | undefined
  close(): Promise<void> | void
}

/** How libraries differ. */
export interface PeerTraits {
  /** Whether a copy of a cookie opens nothing in the library after a sign-out. */
  readonly hasStore: boolean
  /** Whether sessions become too old: then the server has `expire`. */
  readonly hasTime: boolean
  /** Whether the application has connect-flash, for which `POST /flash` leaves the message `Hello.`. */
  readonly hasMessages: boolean
  /** Whether visitors who are not signed in have a session with data. @default true */
  readonly hasGuests?: boolean
  /** Whether it decodes its cookie's value, so that `%41` is `A`. @default true */
  readonly isDecoded?: boolean
}

const people = Array.from({ length: 100 }, (_, index) => String(index + 1))

/** Checks that users of another library stay signed in when its server is replaced. `start` starts the application. */
export function describeTakeover(
  name: string,
  { hasStore, hasTime, hasMessages, hasGuests = true, isDecoded = true }: PeerTraits,
  start: () => Promise<PeerServer>,
): void {
  describe(`the sessions of ${name}`, () => {
    let peer: PeerServer

    beforeAll(async () => void (peer = await start()))
    afterAll(() => peer?.close())
    afterEach(() => void vi.useRealTimers())

    const user = (data: Record<string, any>) => data['userId']

    /** Our sessions in the place of the library's. */
    function replaced({
      secret,
      keepCookie,
      ...options
    }: SessionsOptions & { keepCookie?: boolean; secret?: string } = {}) {
      const events: SessionEvent[] = []
      const sessions = createSessions({
        secrets,
        cookie: secure,
        accept: [peer.reader({ user, keepCookie }, secret)],
        store: memoryStore(),
        // Hundreds of requests share one pool of connections, perhaps on a busy machine.
        storeTimeout: 20,
        // A test may move the time, which Date.now itself would not show.
        now: () => Date.now(),
        onEvent: (event) => void events.push(event),
        ...options,
      })
      return { sessions, adopted: () => events.filter(({ type }) => type === 'adopted') }
    }

    async function call(visitor: Browser, path: string, method = 'POST'): Promise<any> {
      const response = await fetch(peer.url + path, { method, headers: { Cookie: visitor.cookie } })
      expect(response.status).toBe(200)
      visitor.receive(response.headers)
      return response.json()
    }

    async function signedInThere(userId = '7'): Promise<Browser> {
      const visitor = browser()
      await call(visitor, `/sign-in/${userId}`)
      await call(visitor, `/cart/tea-${userId}`)
      return visitor
    }

    /** Whom the library takes a visitor for. */
    const userThere = async (cookie: string): Promise<unknown> => {
      const response = await fetch(peer.url, { headers: { Cookie: cookie } })
      return ((await response.json()) as { userId?: unknown }).userId ?? null
    }

    const userOf = async (sessions: Sessions, cookie: string) => (await sessions.open(cookie)).userId

    it('stay: 100 visitors keep their data, and each moves once though two requests come at once', async () => {
      const { sessions, adopted } = replaced()
      const visitors = await Promise.all(people.map((id) => signedInThere(id)))
      const seen = await Promise.all(
        visitors.map(async (visitor) => {
          const { cookie } = visitor
          const open = await Promise.all([sessions.open(cookie), sessions.open(cookie)])
          const responses = await Promise.all(open.map((each) => sessions.commit(each)))
          for (const headers of responses) visitor.receive(headers)
          return open.map(({ id, userId, data }) => ({ id, userId, data: { ...data } as Record<string, any> }))
        }),
      )

      expect(seen.map(([one]) => one!.userId)).toEqual(people)
      expect(seen.map(([one]) => one!.data['cart'])).toEqual(people.map((id) => [`tea-${id}`]))
      // Nothing of the library itself.
      const keys = new Set(seen.flatMap(([one]) => Object.keys(one!.data)))
      expect([...keys].filter((key) => !['userId', 'cart'].includes(key))).toEqual([])
      expect(seen.map(([, other]) => other)).toEqual(seen.map(([one]) => one))
      expect(new Set(seen.map(([one]) => one!.id)).size).toBe(100)
      expect(adopted().length).toBe(100)

      // The library's cookies are gone, and ours works without them.
      expect(visitors.every((visitor) => /^__Host-Http-session=[\w-]+$/.test(visitor.cookie))).toBe(true)
      expect(await Promise.all(visitors.map(({ cookie }) => userOf(sessions, cookie)))).toEqual(people)
      expect(adopted().length).toBe(100)
    })

    it('are the same session in two requests that overlap', async () => {
      const { sessions, adopted } = replaced()
      const { cookie } = await signedInThere()
      const both = await Promise.all([sessions.open(cookie), sessions.open(cookie)])
      await Promise.all(both.map((each) => sessions.commit(each)))

      expect(both[0].id).toBe(both[1].id)
      expect(adopted().length).toBe(1)
    })

    it('are not adopted again after a sign-out, by no spelling of their cookie', async () => {
      const { sessions, adopted } = replaced()
      const visitor = await signedInThere()
      const old = visitor.cookie
      await visit(sessions, visitor)
      expect(await userOf(sessions, respelled(old))).toBe(isDecoded ? '7' : null)
      const moved = visitor.cookie
      await visit(sessions, visitor, (session) => session.signOut())

      expect(visitor.cookie).toBe('')
      for (const cookie of [old, `${moved}; ${old}`, respelled(old)]) {
        expect(await userOf(sessions, cookie)).toBeNull()
        expect((await request(sessions, cookie)).getSetCookie()).toEqual([])
      }
      expect(adopted().length).toBe(1)
    })

    it('that nobody used for longer than idleTimeout are adopted, if the library accepts them', async () => {
      const { sessions } = replaced({ idleTimeout: 60 })
      const { cookie } = await signedInThere('10')
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 120_000 })

      expect(await userOf(sessions, cookie)).toBe('10')
    })

    it('are all refused after revokeAll', async () => {
      const { sessions } = replaced()
      const visitor = await signedInThere('8')
      const other = (await signedInThere('8')).cookie
      await visit(sessions, visitor)
      const start = Date.now()
      vi.useFakeTimers({ toFake: ['Date'], now: start + 120_000 })
      await sessions.revokeAll('8')
      vi.setSystemTime(start + 240_000)

      expect(await userOf(sessions, visitor.cookie)).toBeNull()
      expect(await userOf(sessions, other)).toBeNull()
    })

    itIf(hasTime && !hasStore)('are not adopted again after their end is forgotten', async () => {
      const { sessions } = replaced({ absoluteTimeout: 600, idleTimeout: 300 })
      const visitor = await signedInThere('11')
      const { cookie } = visitor
      await visit(sessions, visitor)
      await visit(sessions, visitor, (session) => session.signOut())
      for (const seconds of [1, 598, 602, 1200]) {
        vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 })
        expect(await userOf(sessions, cookie)).toBeNull()
        vi.useRealTimers()
      }
    })

    it('end in the library too, at a sign-out', async () => {
      const { sessions } = replaced({ keepCookie: true })
      const visitor = await signedInThere('9')
      const old = visitor.cookie
      await visit(sessions, visitor)
      expect(visitor.get(peer.cookieName)).toBeDefined()
      expect(await userThere(visitor.cookie)).toBe('9')
      await visit(sessions, visitor, (session) => session.signOut())

      expect(visitor.cookie).toBe('')
      if (hasStore) expect(await userThere(old)).toBeNull()
    })

    itIf(hasGuests)('of guests keep their data', async () => {
      const { sessions, adopted } = replaced()
      const visitor = browser()
      await call(visitor, '/cart/jam')
      await visit(sessions, visitor, (session) => {
        expect(session).toMatchObject({ userId: null, data: { cart: ['jam'] } })
        ;(session.data['cart'] as string[]).push('bread')
      })

      expect(visitor.cookie).toMatch(/^__Host-Http-guest=[\w-]+$/)
      await visit(sessions, visitor, (session) => expect(session.data).toMatchObject({ cart: ['jam', 'bread'] }))
      expect(adopted().length).toBe(0)
    })

    it('outlive the browser if they did', async () => {
      const { sessions } = replaced()
      const [old, moved] = [await signedInThere(), await signedInThere()]
      await visit(sessions, moved)
      for (const visitor of [old, moved]) visitor.close()

      expect(moved.cookie === '').toBe(old.cookie === '')
    })

    it('are refused if they are forged or cut off, and no cookie changes', async () => {
      const { sessions } = replaced()
      const { cookie } = await signedInThere()
      const value = valueOf(cookie, peer.cookieName)
      const forgeries = [
        ...[0, 10, Math.min(40, value.length - 1)].map(
          (at) => value.slice(0, at) + other(value[at]!) + value.slice(at + 1),
        ),
        ...[1, 10, 30, Math.min(45, value.length - 1)].map((length) => value.slice(0, length)),
        '%',
        's%3A',
        ';',
        '.',
        'null',
        `${value}%`,
      ]
      for (const forged of forgeries) {
        const header = cookie.replace(value, () => forged)
        expect.soft(await userOf(sessions, header), forged).toBeNull()
        expect.soft((await request(sessions, header)).getSetCookie()).toEqual([])
      }
    })

    it('are refused if another key signed them, and no cookie changes', async () => {
      const { sessions } = replaced({ secret: 'a key that this application does not have' })
      const { cookie } = await signedInThere()

      expect(await sessions.open(cookie)).toMatchObject({ userId: null, outcome: 'none' })
      expect((await request(sessions, cookie)).getSetCookie()).toEqual([])
    })

    itIf(hasTime)('are refused once they are too old there, and no cookie changes', async () => {
      const { sessions } = replaced()
      const { cookie } = await signedInThere()
      await peer.expire!()

      expect(await userOf(sessions, cookie)).toBeNull()
      expect((await request(sessions, cookie)).getSetCookie()).toEqual([])
    })

    itIf(hasMessages)('have their messages for the next page', async () => {
      const { sessions } = replaced()
      const visitor = await signedInThere()
      await call(visitor, '/flash')
      await visit(sessions, visitor, (session) => {
        expect(session.takeFlashes()).toEqual([{ category: 'info', message: 'Hello.' }])
        expect(session.data).not.toHaveProperty('flash')
      })
      await visit(sessions, visitor, (session) => expect(session.takeFlashes()).toEqual([]))
    })
  })
}

// A test that does not apply is left out, because a skipped one means that something is missing.
export const itIf = (condition: boolean) => (condition ? it : () => {})

/** The value of a cookie in a header, as it is there. */
const valueOf = (header: string, name: string): string =>
  header
    .split('; ')
    .find((pair) => pair.startsWith(`${name}=`))!
    .slice(name.length + 1)

const other = (character: string): string => (character === 'x' ? 'y' : 'x')

/** Spells a header's values in another way that means the same to libraries that decode them. */
const respelled = (header: string): string =>
  header
    .split('; ')
    .map((pair) => pair.replace(/=([A-Za-z0-9])/, (_, first: string) => `=%${first.charCodeAt(0).toString(16)}`))
    .join('; ')
