import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import session from 'koa-session'
import { expect, it, vi } from 'vitest'
import { fromKoaSession } from '../../../src/from/koa-session.ts'
import { closeServer } from './express-apps.ts'
import { describeTakeover, type PeerServer } from './suite.ts'
import { openWith } from './taken-over.ts'

const keys = ['newer keyboard cat', 'keyboard cat']
const maxAge = 3_600_000

async function start(store?: ReturnType<typeof mapStore>, options: object = { maxAge }): Promise<PeerServer> {
  const app = new Koa()
  app.keys = keys.slice(1)
  app.use(session({ ...options, ...(store && { store }) }, app))
  app.use((ctx) => {
    const [, verb, value] = ctx.path.split('/')
    const data = ctx['session'] as Record<string, any>
    if (verb === 'sign-in') data['userId'] = value
    if (verb === 'cart') data['cart'] = [...(data['cart'] ?? []), value]
    ctx.body = { userId: data['userId'], cart: data['cart'] }
  })
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cookieName: 'koa.sess',
    reader: (given, secret) =>
      fromKoaSession({ keys: secret === undefined ? keys : [secret], ...given, ...(store && { store }) }),
    expire: () => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + maxAge + 1 }),
    close: () => closeServer(server),
  }
}

/** A store of koa-session. Like most, it needs no `ctx`. */
function mapStore() {
  const records = new Map<string, string>()
  return {
    get: async (key: string) => JSON.parse(records.get(key) ?? 'null'),
    set: async (key: string, record: unknown) => void records.set(key, JSON.stringify(record)),
    destroy: async (key: string) => void records.delete(key),
  }
}

const traits = { hasStore: false, hasTime: true, hasMessages: false, isDecoded: false }
describeTakeover('koa-session in its cookie', traits, () => start())
describeTakeover('koa-session in its cookie, until the browser is closed', { ...traits, hasTime: false }, () =>
  start(undefined, { maxAge: 'session' }),
)
describeTakeover('koa-session in a store', { ...traits, hasStore: true }, () => start(mapStore()))

it('reads the cookie koa:sess of koa-session 5, and deletes it', async () => {
  const name = 'koa:sess'
  const peer = await start(undefined, { maxAge, key: name })
  const { headers } = await fetch(`${peer.url}/sign-in/7`)
  await peer.close()
  const cookie = headers.getSetCookie().map((line) => line.split(';')[0]!)
  const reader = fromKoaSession({ keys, cookieName: name, user: (data) => data['userId'] })
  expect(await openWith(reader, cookie.join('; '))).toMatchObject({ userId: '7', deleted: [name, `${name}.sig`] })
})
