import cookieSession from 'cookie-session'
import { afterEach, describe, expect, it } from 'vitest'
import { fromCookieSession } from '../../../src/from/cookie-session.ts'
import { browser } from '../../support/browser.ts'
import { request } from '../../support/sessions.ts'
import { storeWorld } from '../../support/stores.ts'
import { startExpress } from './express-apps.ts'

const keys = ['keyboard cat']
let app: Awaited<ReturnType<typeof startExpress>>
afterEach(() => app.close())

/** The cookie of a new visitor after one request to cookie-session. */
async function cookieAfter(path: string): Promise<string> {
  const visitor = browser()
  const response = await fetch(app.url + path, { method: 'POST' })
  visitor.receive(response.headers)
  return visitor.cookie
}

describe('two visitors whose cookies of cookie-session are equal', () => {
  const world = () => storeWorld({ accept: [fromCookieSession({ keys, user: (data) => data['userId'] })] })

  it('have sessions of their own if they are guests', async () => {
    app = await startExpress(cookieSession({ keys }))
    const [one, other] = [await cookieAfter('/cart/jam'), await cookieAfter('/cart/jam')]
    const { sessions } = world()
    expect(one).toBe(other)

    expect((await sessions.open(one)).id).not.toBe((await sessions.open(other)).id)
  })

  it('are one user with one session, which a sign-out ends for both', async () => {
    app = await startExpress(cookieSession({ keys }))
    const [one, other] = [await cookieAfter('/sign-in/7'), await cookieAfter('/sign-in/7')]
    const { sessions } = world()
    expect(one).toBe(other)

    await request(sessions, one, (session) => session.signOut())
    expect((await sessions.open(other)).userId).toBeNull()
  })
})
