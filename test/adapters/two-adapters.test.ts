import type { Request } from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sojourn } from '../../src/adapters/express.ts'
import type { Session } from '../../src/index.ts'
import { browser } from '../support/browser.ts'
import { secret, signedIn, world } from '../support/sessions.ts'
import { arrangements } from '../suites/adapters/arrangements.ts'
import { ask } from '../suites/adapters/client.ts'
import { serveListener, type Host } from '../suites/adapters/host.ts'
import { express4Host, express5Host, expresses, type Express } from '../suites/adapters/hosts/express.ts'
import { fetchHost } from '../suites/adapters/hosts/fetch.ts'
import { honoHost } from '../suites/adapters/hosts/hono.ts'
import { nodeHost } from '../suites/adapters/hosts/node.ts'
import { cookieNames, quiet, serving } from '../suites/adapters/serving.ts'

quiet()

const shop = () => world()
const staff = () => world({ secrets: [secret('staff')], cookie: { secure: true, name: 'staff' } })

const hosts: Host[] = [nodeHost, express5Host, express4Host, honoHost, fetchHost]
const pairs = hosts.map((host, n): [string, Host, Host] => {
  const other = hosts[(n + 1) % hosts.length]!
  return [`${host.name} and ${other.name}`, host, other]
})

describe.each(arrangements)('two adapters in one process, with sessions %s', (_, arrange) => {
  it.each(pairs)('of %s do not know about each other', async (_name, one, other) => {
    const routes = {
      '/in': (session: Session) => {
        session.signIn('ada')
        return {}
      },
      '/': (session: Session) => ({ body: session.userId ?? session.outcome }),
    }
    const first = await serving({ host: one, arrange }, routes)
    const second = await serving({ host: other, arrange }, routes, { secrets: [secret('another')] })
    const visitor = browser({ now: first.clock.now })
    visitor.receive((await first.ask('/in')).headers)
    const { cookie } = visitor

    expect((await first.ask('/', { cookie })).body).toBe('ada')
    expect((await second.ask('/', { cookie })).body).toBe('unknown-key')
  })
})

describe.each(
  expresses.flatMap(([name, express]) =>
    arrangements.map(([what, arrange]) => [name, what, express, arrange] as const),
  ),
)('one application of %s, with sessions %s', (_name, _what, express, arrange) => {
  it('has sessions of their own on two paths', async () => {
    const [one, other] = [shop(), staff()]
    const { port } = await serve(express, (app) => {
      app.use('/shop', sojourn(arrange(one.sessions)))
      app.use('/staff', sojourn(arrange(other.sessions)))
      app.use((req, res) => {
        req.session.data['n'] = 1
        res.send(String(req.session.userId))
      })
    })
    const cookie = [(await signedIn(one, 'ada')).cookie, (await signedIn(other, 'eve')).cookie].join('; ')
    const [toShop, toStaff] = [await ask(port, '/shop', { cookie }), await ask(port, '/staff', { cookie })]

    expect([toShop.body, cookieNames(toShop)]).toEqual(['ada', ['__Host-Http-session']])
    expect([toStaff.body, cookieNames(toStaff)]).toEqual(['eve', [expect.stringMatching(/staff/)]])
  })

  it('has both sessions on one path, and the inner one is req.session', async () => {
    const [one, other] = [shop(), staff()]
    const { port } = await serve(express, (app) => {
      app.use(sojourn(arrange(one.sessions)))
      app.use((req: Request & { outer?: Session }, _res, next) => {
        req.outer = req.session
        next()
      })
      app.use(sojourn(arrange(other.sessions)))
      app.use((req: Request & { outer?: Session }, res) => {
        const { outer, session } = req
        outer!.data['n'] = 1
        if (req.path === '/both') session.data['n'] = 1
        if (req.path === '/out') session.signOut()
        res.vary('Accept-Encoding').json([outer!.userId, req.path === '/one' ? null : session.userId])
      })
    })
    const inner = await signedIn(other, 'eve')
    const cookie = [(await signedIn(one, 'ada')).cookie, inner.cookie].join('; ')
    const both = await ask(port, '/both', { cookie })
    const only = await ask(port, '/one', { cookie })
    const left = await ask(port, '/out', { cookie })

    expect([both.body, cookieNames(both).length, new Set(cookieNames(both)).size]).toEqual(['["ada","eve"]', 2, 2])
    expect(both.headers.get('Vary')).toBe('Accept-Encoding, Cookie')
    expect([only.body, cookieNames(only)]).toEqual(['["ada",null]', ['__Host-Http-session']])
    expect(cookieNames(left).toSorted()).toEqual([expect.stringMatching(/^-.*staff/), '__Host-Http-session'])
    expect((await other.sessions.open(inner.cookie)).outcome).toBe('ended')
  })

  it('has one session where the same sessions are mounted twice', async () => {
    const visited = shop()
    const arranged = arrange(visited.sessions)
    const seen: boolean[] = []
    const { port } = await serve(express, (app) => {
      app.use(sojourn(arranged))
      app.use((req: Request & { outer?: Session }, _res, next) => {
        req.outer = req.session
        next()
      })
      app.use(sojourn(arranged))
      app.use((req: Request & { outer?: Session }, res) => {
        seen.push(req.outer === req.session)
        req.session.signIn('ada')
        res.send('text')
      })
    })
    const got = await ask(port)

    expect([got.body, cookieNames(got), seen]).toEqual(['text', ['__Host-Http-session'], [true]])
  })
})

async function serve(express: Express, mount: (app: ReturnType<Express>) => void) {
  const app = express()
  mount(app)
  const served = await serveListener(app)
  onTestFinished(() => served.close())
  return served
}
