import { H3, HTTPError } from 'h3'
import { describe, expect, it } from 'vitest'
import { sojourn } from '../../src/adapters/h3.ts'
import { cookiesOf } from '../support/browser.ts'
import { signedIn, world } from '../support/sessions.ts'

describe('an error of a handler', () => {
  it('is answered by onError of the application, and a sign-out before it stays', async () => {
    const visited = world()
    const app = new H3({
      silent: true,
      onError: (error) => new Response(`Sorry: ${error.message}`, { status: error.status }),
    })
    app.use(sojourn(visited.sessions))
    app.get('/', (event) => {
      event.context.session.signOut()
      throw new HTTPError({ status: 418, message: 'teapot' })
    })
    const { cookie } = await signedIn(visited)
    const got = await app.request('/', { headers: { cookie } })

    expect([got.status, await got.text()]).toEqual([418, 'Sorry: teapot'])
    expect(cookiesOf(got.headers)).toEqual({ '__Host-Http-session': '' })
    expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
  })

  it.each([
    [404, 'a path without a route'],
    [500, 'a value that is no error'],
  ])('has status %i for %s', async (status) => {
    const app = new H3({ silent: true }).use(sojourn(world().sessions))
    app.get('/500', () => Promise.reject('canary')) // oxlint-disable-line prefer-promise-reject-errors
    const got = await app.request(`/${status}`)

    expect(got.status).toBe(status)
    expect(await got.text()).not.toContain('canary')
  })
})

it('calls onResponse of the application once, with the cookie', async () => {
  const seen: string[][] = []
  const app = new H3({ onResponse: (response) => void seen.push(Object.keys(cookiesOf(response.headers))) })
  app.use(sojourn(world().sessions))
  app.get('/', (event) => {
    event.context.session.data['n'] = 1
    event.res.headers.set('X-Own', '1')
    return 'ok'
  })
  expect((await app.request('/')).headers.get('X-Own')).toBe('1')
  expect(seen).toEqual([['__Host-Http-guest']])
})

it('opens one session for two registrations', async () => {
  const { sessions } = world()
  const app = new H3().use(sojourn(sessions)).use(sojourn(sessions))
  app.get('/', (event) => void (event.context.session.data['n'] = 1))
  expect((await app.request('/')).headers.getSetCookie()).toHaveLength(1)
})

it('refuses what is no sessions', () => {
  expect(() => sojourn({} as never)).toThrow('createSessions()')
})
