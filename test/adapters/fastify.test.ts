import { Readable } from 'node:stream'
import fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sojourn } from '../../src/adapters/fastify.ts'
import { SojournError } from '../../src/index.ts'
import { cookiesOf } from '../support/browser.ts'
import { signedIn, world, type World } from '../support/sessions.ts'
import { failing } from '../suites/adapters/arrangements.ts'

function appOf({ sessions }: Pick<World, 'sessions'>, routes: (app: FastifyInstance) => void): FastifyInstance {
  const app = fastify()
  onTestFinished(async () => app.close())
  app.register(sojourn, { sessions })
  routes(app)
  return app
}

const cookieNames = ({ headers }: LightMyRequestResponse): string[] =>
  [headers['set-cookie'] ?? []].flat().map((text) => text.split('=', 1)[0]!)

const unavailable = new SojournError('ERR_SESSION_UNAVAILABLE', 'The store does not answer.')

describe('app.inject', () => {
  it('shows the cookie of a sign-in, and takes it', async () => {
    const visited = world()
    const app = appOf(visited, (app) => {
      app.get('/in', async ({ session }) => void session.signIn('ada'))
      app.get('/', async ({ session }) => session.userId)
    })
    const entered = await app.inject('/in')
    expect(cookieNames(entered)).toEqual(['__Host-Http-session'])
    expect(entered.headers).toMatchObject({ vary: 'Cookie', 'cache-control': 'no-store' })

    const [cookie] = [entered.headers['set-cookie']!].flat()
    expect((await app.inject({ url: '/', headers: { cookie: cookie! } })).body).toBe('ada')
  })

  it('shows our cookie beside those of the application', async () => {
    const app = appOf(world(), (app) => {
      app.get('/', async ({ session }, reply) => {
        session.data['n'] = 1
        return reply.header('Set-Cookie', 'theme=dark').header('Set-Cookie', 'lang=en').send('ok')
      })
    })
    expect(cookieNames(await app.inject('/')).toSorted()).toEqual(['__Host-Http-guest', 'lang', 'theme'])
  })
})

it('commits what is written to reply.raw', async () => {
  const visited = world()
  const app = appOf(visited, (app) => {
    app.get('/', ({ session }, reply) => {
      session.signOut()
      reply.hijack()
      reply.raw.writeHead(200, { 'Set-Cookie': 'theme=dark' })
      reply.raw.end('by hand')
    })
  })
  const { cookie } = await signedIn(visited)
  const got = await app.inject({ url: '/', headers: { cookie } })
  expect([got.body, cookieNames(got)]).toEqual(['by hand', ['theme', '__Host-Http-session']])
  expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
})

describe('a failed commit', () => {
  const failed = () => ({ sessions: failing(world().sessions, unavailable) })

  it('goes to the error handler of the application, with the status of the error', async () => {
    const app = appOf(failed(), (app) => {
      app.setErrorHandler((error: SojournError, _, reply) => reply.send({ code: error.code }))
      app.get('/', async ({ session }, reply) => {
        session.signIn('ada')
        return reply.code(201).header('ETag', '"1"').send('canary')
      })
    })
    const got = await app.inject('/')
    expect([got.statusCode, got.json(), cookieNames(got)]).toEqual([503, { code: 'ERR_SESSION_UNAVAILABLE' }, []])
    expect(got.headers.etag).toBeUndefined()
  })

  it('in place of a redirect is the status of the error', async () => {
    const app = appOf(failed(), (app) => {
      app.get('/', async ({ session }, reply) => {
        session.signIn('ada')
        return reply.redirect('/in', 303)
      })
    })
    const got = await app.inject('/')
    expect([got.statusCode, got.headers.location, got.headers['retry-after']]).toEqual([503, undefined, '1'])
  })

  it('in place of a stream is the status of the error', async () => {
    const app = appOf(failed(), (app) => {
      app.get('/', async ({ session }, reply) => {
        session.signIn('ada')
        return reply.send(Readable.from(['canary']))
      })
    })
    const got = await app.inject('/')
    expect([got.statusCode, cookieNames(got)]).toEqual([503, []])
    expect(got.body).not.toContain('canary')
  })
})

it('drops a sign-in if a stream fails before its first byte', async () => {
  const app = appOf(world(), (app) => {
    app.get('/', async ({ session }, reply) => {
      session.signIn('ada')
      const broken = new Readable({ read: () => void broken.destroy(new Error('a mistake in a stream')) })
      return reply.send(broken)
    })
  })
  const got = await app.inject('/')
  expect([got.statusCode, cookieNames(got)]).toEqual([500, []])
})

it('allows a first read after a response that no cache may share', async () => {
  const late: unknown[] = []
  const app = appOf(world(), (app) => {
    app.addHook('onResponse', async ({ session }) => void late.push(session.userId))
    app.get('/', async (_, reply) => reply.header('Cache-Control', 'no-store').send('ok'))
  })
  await app.inject('/')
  expect(late).toEqual([null])
})

describe('a registration', () => {
  it('serves the routes of its instance and inside, and no others', async () => {
    const { sessions } = world()
    const app = fastify()
    onTestFinished(async () => app.close())
    app.register(async (inside) => {
      inside.register(sojourn, { sessions })
      inside.get('/in', async ({ session }) => session.outcome)
      inside.register(async (deeper) => void deeper.get('/deeper', async ({ session }) => session.outcome))
    })
    app.get('/out', (request, reply) => reply.send(String(request.session)))

    expect((await app.inject('/in')).body).toBe('none')
    expect((await app.inject('/deeper')).body).toBe('none')
    expect((await app.inject('/out')).body).toBe('undefined')
  })

  it('again with the same sessions opens one session', async () => {
    let opened = 0
    const { sessions } = world()
    const counting: typeof sessions = {
      ...sessions,
      open: async (header) => {
        opened++
        return sessions.open(header)
      },
    }
    const app = appOf({ sessions: counting }, (app) => {
      app.register(async (inside) => {
        inside.register(sojourn, { sessions: counting })
        inside.get('/', async ({ session }) => void (session.data['n'] = 1))
      })
    })
    expect(cookiesOf(new Headers((await app.inject('/')).headers as Record<string, string>))).toHaveProperty(
      '__Host-Http-guest',
    )
    expect(opened).toBe(1)
  })

  it('with other sessions has cookies of their own', async () => {
    const other = world({ cookie: { secure: true, name: 'admin' } })
    const app = appOf(world(), (app) => {
      app.register(async (inside) => {
        inside.register(sojourn, { sessions: other.sessions })
        inside.get('/', async ({ session }) => void session.signIn('ada'))
      })
    })
    expect(cookieNames(await app.inject('/'))).toEqual(['admin'])
  })

  it('with something else fails the start', async () => {
    const app = fastify()
    app.register(sojourn, {} as never)
    await expect(app.ready()).rejects.toMatchObject({ code: 'ERR_OPTIONS' })
  })
})
