import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import type * as peerSession from '@fastify/session'
import plugin, {
  fastifySession,
  MemoryStore,
  Store,
  type CookieOptions,
  type FastifySessionOptions,
} from 'sojourn/compat/fastify-session'
import { expect, expectTypeOf, it } from 'vitest'
import { options, serve } from './serve.ts'

it('is callable by require, and is the same as by import', async () => {
  const required = createRequire(import.meta.url)('sojourn/compat/fastify-session') as typeof fastifySession
  expect(Object.keys(required).toSorted()).toEqual(['MemoryStore', 'Store', 'fastifySession'])
  const get = await serve(required, options({ store: new required.MemoryStore() }))
  expect((await get('/set/a/b')).cookie).not.toBe('')

  const script = `
    const required = require('sojourn/compat/fastify-session')
    import('sojourn/compat/fastify-session').then(({ default: imported, fastifySession, Store, MemoryStore }) => {
      console.log(required === imported, imported === fastifySession, required.fastifySession === fastifySession)
      console.log(required.Store === Store, required.MemoryStore === Store, MemoryStore === Store)
    })`
  const { stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', '-e', script], { encoding: 'utf8' })
  expect(stdout + stderr).toBe('true true true\ntrue true true\n')
  expect([plugin, plugin.fastifySession, Store]).toEqual([fastifySession, fastifySession, MemoryStore])
})

it('keeps the types of @fastify/session', () => {
  expectTypeOf<CookieOptions>().toEqualTypeOf<peerSession.CookieOptions>()
  expectTypeOf<FastifySessionOptions['secret']>().toEqualTypeOf<peerSession.FastifySessionOptions['secret']>()
  const store: peerSession.SessionStore = new MemoryStore()
  const given: FastifySessionOptions = options({ store, userOf: ({ userId }) => userId, clearCookie: 'peer' })
  expect(given.store).toBe(store)
})

it('has the name of the original, so that plugins which depend on it find it', async () => {
  await serve(fastifySession, options(), (app) => {
    expect(app.hasPlugin('@fastify/session')).toBe(true)
    expect(app.hasRequestDecorator('sessionStore')).toBe(true)
  })
})

it('has a MemoryStore that old stores inherit from', () => {
  function OldStore(this: object): void {
    ;(MemoryStore as unknown as { call(self: object): void }).call(this)
  }
  Object.setPrototypeOf(OldStore.prototype, MemoryStore.prototype)
  const store = new (OldStore as unknown as new () => MemoryStore & { on: unknown })()
  expect([store instanceof MemoryStore, typeof store.on]).toEqual([true, 'function'])
})
