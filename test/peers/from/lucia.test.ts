import { Lucia, type Adapter, type DatabaseSession, type DatabaseUser } from 'lucia'
import { describe, expect, it } from 'vitest'
import { fromLucia } from '../../../src/from/lucia.ts'
import { readRoute, startFetch } from './fetch-apps.ts'
import { describeTakeover } from './suite.ts'
import { openWith } from './taken-over.ts'

/** A database, and the adapter of an application. */
function createAdapter() {
  const sessions = new Map<string, DatabaseSession>()
  const adapter: Adapter = {
    async getSessionAndUser(id) {
      const session = sessions.get(id)
      if (session === undefined) return [null, null]
      return [session, { id: session.userId, attributes: {} } satisfies DatabaseUser]
    },
    getUserSessions: async (userId) => [...sessions.values()].filter((session) => session.userId === userId),
    setSession: async (session) => void sessions.set(session.id, session),
    updateSessionExpiration: async (id, expiresAt) => void sessions.set(id, { ...sessions.get(id)!, expiresAt }),
    deleteSession: async (id) => void sessions.delete(id),
    deleteUserSessions: async () => {},
    deleteExpiredSessions: async () => {},
  }
  return { adapter, sessions, lucia: new Lucia(adapter) }
}

const traits = { hasStore: true, hasTime: true, hasMessages: false, hasGuests: false }

describeTakeover('Lucia', traits, async () => {
  const { adapter, sessions, lucia } = createAdapter()
  return {
    ...(await startFetch(async (request) => {
      const { action, argument } = readRoute(request)
      if (action === 'sign-in') {
        const { id } = await lucia.createSession(argument, {})
        return Response.json({}, { headers: { 'Set-Cookie': lucia.createSessionCookie(id).serialize() } })
      }
      const id = lucia.readSessionCookie(request.headers.get('Cookie') ?? '')
      const { session } = await lucia.validateSession(id ?? '')
      return Response.json({ userId: session?.userId, cart: [] })
    })),
    cookieName: lucia.sessionCookieName,
    reader: (options, other) =>
      fromLucia({
        adapter: other === undefined ? adapter : createAdapter().adapter,
        ...options,
        user: ({ session }) => session.userId,
        dataOf: ({ session }) => ({ cart: [`tea-${session.userId}`] }),
      }),
    expire: () => sessions.forEach((session) => Object.assign(session, { expiresAt: new Date() })),
  }
})

describe('fromLucia', () => {
  it('keeps no data without dataOf, and lets the row expire before its end is forgotten here', async () => {
    const { adapter, sessions, lucia } = createAdapter()
    const { id } = await lucia.createSession('7', {})
    const reader = fromLucia({ adapter, user: ({ session }) => session.userId })
    expect(await openWith(reader, `auth_session=${id}`)).toMatchObject({ userId: '7', data: {}, remember: true })
    // The idle timeout is 7 days, and Lucia's sessions live for 30.
    expect(sessions.get(id)!.expiresAt.getTime()).toBeLessThan(Date.now() + 7 * 86_400_000)
  })

  it('decodes the id in the cookie', async () => {
    const { adapter, lucia } = createAdapter()
    await lucia.createSession('7', {}, { sessionId: 'a/b' })
    const reader = fromLucia({ adapter, user: ({ session }) => session.userId })
    expect(await openWith(reader, 'auth_session=a%2Fb')).toMatchObject({ userId: '7' })
  })

  it('does not lengthen the life of a row', async () => {
    const { adapter, sessions, lucia } = createAdapter()
    const { id } = await lucia.createSession('7', {})
    const expiresAt = new Date(Date.now() + 60_000)
    await adapter.updateSessionExpiration(id, expiresAt)
    await openWith(fromLucia({ adapter, user: ({ session }) => session.userId }), `auth_session=${id}`)
    expect(sessions.get(id)!.expiresAt).toEqual(expiresAt)
  })

  it('refuses the session of a user who is gone, as Lucia does', async () => {
    const { adapter, lucia } = createAdapter()
    const { id } = await lucia.createSession('7', {})
    const withoutUsers: Adapter = {
      ...adapter,
      getSessionAndUser: async (sessionId) => [(await adapter.getSessionAndUser(sessionId))[0], null],
    }
    const reader = fromLucia({ adapter: withoutUsers, user: ({ session }) => session.userId })
    expect(await openWith(reader, `auth_session=${id}`)).toMatchObject({ userId: null, outcome: 'none', deleted: [] })
  })

  it('says that the adapter is missing', () => {
    expect(() => fromLucia({ adapter: {} as never, user: () => null })).toThrow('adapter')
  })
})
