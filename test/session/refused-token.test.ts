import { expect, it } from 'vitest'
import type { Session, SessionsOptions } from '../../src/index.ts'
import { cookiesOf } from '../support/browser.ts'
import { day } from '../support/clock.ts'
import { guest, request, secret, signedIn, visit, world, type World } from '../support/sessions.ts'

/** A `Cookie` header that is refused, for each word that the cookie arrangement has. */
const refused: Record<string, (visited: World) => Promise<string>> = {
  malformed: async () => '__Host-Http-session=nothing-of-ours',
  forged: async (visited) => {
    const shopper = await guest(visited)
    return `__Host-Http-session=${shopper.get('__Host-Http-guest')}`
  },
  'unknown-key': async ({ clock }) => (await signedIn(world({ secrets: [secret('another')] }, clock))).cookie,
  ambiguous: async (visited) => `${(await signedIn(visited)).cookie}; ${(await signedIn(visited, 'eve')).cookie}`,
  idle: async (visited) => {
    const visitor = await signedIn(visited, 'ada', { remember: false })
    visited.clock.advance(7 * day)
    return visitor.cookie
  },
  expired: async (visited) => {
    const visitor = await signedIn(visited, 'ada', { remember: false })
    for (let days = 0; days < 30; days += 6) {
      visited.clock.advance(6 * day)
      await visit(visited.sessions, visitor)
    }
    return visitor.cookie
  },
  ended: async (visited) => {
    const visitor = await signedIn(visited)
    const { cookie } = visitor
    await visit(visited.sessions, visitor, (session) => session.signOut())
    return cookie
  },
}

const words = Object.keys(refused)
const options: SessionsOptions = { touchAfter: 0 }

it.each(words)('a token that is refused as %s opens as a guest, and changes no cookie', async (word) => {
  const visited = world(options)
  const cookie = await refused[word]!(visited)
  const session = await visited.sessions.open(cookie)

  expect(session).toMatchObject({ outcome: word, userId: null, signedInAt: null, data: {} })
  expect((await visited.sessions.commit(session)).getSetCookie()).toEqual([])
})

const writes: Record<string, (session: Session) => void> = {
  data: (session) => (session.data['cart'] = ['tea']),
  flash: (session) => session.flash('info', 'Please sign in.'),
  'the csrf token': (session) => void session.csrfToken,
  'a renewal and data': (session) => {
    session.renew()
    session.data['cart'] = ['tea']
  },
}

it.each(words.flatMap((word) => Object.keys(writes).map((write) => ({ word, write }))))(
  'after $word, $write goes to the guest’s cookie alone',
  async ({ word, write }) => {
    const visited = world(options)
    const cookie = await refused[word]!(visited)

    expect(Object.keys(cookiesOf(await request(visited.sessions, cookie, writes[write])))).toEqual([
      '__Host-Http-guest',
    ])
  },
)

it.each(words)('after %s, a failed request changes no cookie', async (word) => {
  const visited = world(options)
  const cookie = await refused[word]!(visited)
  const headers = await request(visited.sessions, cookie, (session) => session.signIn('eve'), { failed: true })

  expect(headers.getSetCookie()).toEqual([])
})

it.each(words)('after %s, a sign-out clears the cookie', async (word) => {
  const visited = world(options)
  const cookie = await refused[word]!(visited)

  expect(cookiesOf(await request(visited.sessions, cookie, (session) => session.signOut()))).toEqual({
    '__Host-Http-session': '',
  })
})

it.each(words)('after %s, a sign-in replaces the cookie', async (word) => {
  const visited = world(options)
  const cookie = await refused[word]!(visited)
  const headers = await request(visited.sessions, cookie, (session) => session.signIn('ada'))

  expect(headers.getSetCookie()).toHaveLength(1)
  const [name, value] = Object.entries(cookiesOf(headers))[0]!
  expect((await visited.sessions.open(`${name}=${value}`)).userId).toBe('ada')
})

it.each(words)(
  'beside a cookie that is refused as %s, a guest continues, and the outcome is the sign-in’s',
  async (word) => {
    const visited = world(options)
    const cookie = await refused[word]!(visited)
    const shopper = await guest(visited)
    const session = await visited.sessions.open(`${cookie}; ${shopper.cookie}`)

    expect(session).toMatchObject({ outcome: word, userId: null, data: { cart: ['tea'] } })
    session.data['cart'].push('milk')
    expect(Object.keys(cookiesOf(await visited.sessions.commit(session)))).toEqual(['__Host-Http-guest'])
  },
)
