import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { onTestFinished } from 'vitest'
import session from '../../../../src/compat/koa-session.ts'
import { memoryStore } from '../../../../src/stores/memory.ts'
import { visitor, type Visitor } from '../cookie-session/serve.ts'

export { visitor, type Visitor }

export const keys = ['the newer keyboard cat', 'the keyboard cat']

/** A store of koa-session, as applications write it. */
export function mapStore() {
  const records = new Map<string, string>()
  const calls: string[] = []
  return {
    records,
    calls,
    async get(key: string) {
      calls.push('get')
      return JSON.parse(records.get(key) ?? 'null') as unknown
    },
    async set(key: string, record: unknown, maxAge: unknown) {
      calls.push(`set ${String(maxAge)}`)
      records.set(key, JSON.stringify(record))
    },
    async destroy(key: string) {
      calls.push('destroy')
      records.delete(key)
    },
  }
}

/** A store whose writes fail while the test says so. */
export function failingStore(store: any) {
  let fails = false
  const failing =
    (name: string) =>
    async (...parameters: unknown[]): Promise<unknown> => {
      if (fails) throw new Error('no connection')
      return store[name](...parameters)
    }
  return {
    store: { ...store, create: store.create && failing('create'), set: store.set && failing('set') },
    fail: (next: boolean): void => void (fails = next),
  }
}

type UseSessions = (app: Koa) => Koa.Middleware
type Handle = (ctx: Koa.Context) => unknown

/** The pages of an application that signs people in. */
export const people: Handle = (ctx) => {
  const [, verb, key, value] = ctx.path.split('/')
  if (verb === 'in') ctx['session'].userId = key
  if (verb === 'put') ctx['session'][key!] = value
  if (verb === 'out') ctx['session'] = null
  if (verb === 'plain' || verb === 'out') ctx.body = '"plain"'
  else if (verb === 'who') ctx.body = JSON.stringify(ctx['session'].userId ?? null)
  else ctx.body = JSON.stringify(ctx['session'])
}

/** Starts an application until the test ends, and returns its address. */
export async function start(use: UseSessions, handle: Handle = people, appKeys: unknown = keys): Promise<string> {
  const app = new Koa()
  app.silent = true
  app.keys = appKeys as string[]
  app.use(use(app))
  app.use(async (ctx) => void (await handle(ctx)))
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export const json = async (response: Promise<Response>): Promise<any> => (await response).json()

export type Options = Parameters<typeof session>[0]

export const visit = async (options: Options = {}, handle = people, appKeys?: unknown) =>
  visitor({ origin: await start((app) => session(options, app), handle, appKeys) })

export const stores: [string, () => Options][] = [
  ['sealed cookies', () => ({})],
  ['cookies of the library', () => ({ wire: 'peer' })],
  ['a store of koa-session', () => ({ store: mapStore() })],
  ['a store of Sojourn', () => ({ store: memoryStore() })],
]
