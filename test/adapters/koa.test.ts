import { createServer } from 'node:http'
import Koa, { type Middleware } from 'koa'
import { expect, it, onTestFinished } from 'vitest'
import { sojourn } from '../../src/adapters/koa.ts'
import { SojournError, type Sessions } from '../../src/index.ts'
import { cookiesOf } from '../support/browser.ts'
import { signedIn, world } from '../support/sessions.ts'
import { failing } from '../suites/adapters/arrangements.ts'
import { listening } from '../suites/adapters/host.ts'

/** Serves a middleware. Returns how to ask for it, and the errors that the application was told of. */
async function serve(sessions: Sessions, middleware: Middleware) {
  const app = new Koa()
  const errors: Error[] = []
  app.on('error', (error: Error) => errors.push(error))
  app.use(sojourn(sessions)).use(middleware)
  const { port, close } = await listening(createServer(app.callback()))
  onTestFinished(close)
  const ask = async (cookie = ''): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}`, { headers: { Cookie: cookie }, redirect: 'manual' })
  return { ask, errors }
}

it('keeps a sign-out, and the headers of the error, if a middleware throws', async () => {
  const visited = world()
  const { ask, errors } = await serve(visited.sessions, (ctx) => {
    ctx.session.signOut()
    ctx.set('X-Own', '1')
    ctx.throw(401, { headers: { 'WWW-Authenticate': 'Basic' } })
  })
  const { cookie } = await signedIn(visited)
  const got = await ask(cookie)

  expect([got.status, got.headers.get('WWW-Authenticate'), got.headers.get('X-Own')]).toEqual([401, 'Basic', null])
  expect(cookiesOf(got.headers)).toEqual({ '__Host-Http-session': '' })
  expect(errors).toHaveLength(1)
  expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
})

it('tells the application of a failed commit', async () => {
  const error = new SojournError('ERR_SESSION_UNAVAILABLE', 'The store does not answer.')
  const { ask, errors } = await serve(failing(world().sessions, error), (ctx) => {
    ctx.session.signIn('ada')
    ctx.redirect('/in')
  })
  const got = await ask()

  expect([got.status, got.headers.get('Location'), got.headers.get('Retry-After')]).toEqual([503, null, '1'])
  expect(errors).toEqual([error])
})

it('commits what is sent by ctx.res', async () => {
  const { ask } = await serve(world().sessions, (ctx) => {
    ctx.respond = false
    ctx.session.data['n'] = 1
    ctx.res.end('by hand')
  })
  const got = await ask()

  expect(await got.text()).toBe('by hand')
  expect(Object.keys(cookiesOf(got.headers))).toEqual(['__Host-Http-guest'])
})

it('opens one session for two registrations', async () => {
  const { sessions } = world()
  const { ask } = await serve(sessions, async (ctx, next) => {
    const outer = ctx.session
    await sojourn(sessions)(ctx, async () => void (ctx.body = String(ctx.session === outer)))
    await next()
  })
  expect(await (await ask()).text()).toBe('true')
})

it('refuses what is no sessions', () => {
  expect(() => sojourn({} as never)).toThrow('createSessions()')
})
