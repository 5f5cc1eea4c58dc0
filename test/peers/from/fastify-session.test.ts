import { EventEmitter } from 'node:events'
import fastifyCookie, { Signer } from '@fastify/cookie'
import fastifySession, { MemoryStore } from '@fastify/session'
import { vi } from 'vitest'
import { fromFastifySession, type FromFastifySessionOptions } from '../../../src/from/fastify-session.ts'
import { secret } from '../../support/sessions.ts'
import { startFastify } from './fastify-apps.ts'
import { describeTakeover } from './suite.ts'

const maxAge = 3_600_000
const secrets = [secret('newer'), secret('older')]
const traits = { hasStore: true, hasTime: true, hasMessages: true }

async function start(store: any, their: object = {}, ours: Partial<FromFastifySessionOptions> = {}) {
  const app = await startFastify(async (fastify) => {
    await fastify.register(fastifyCookie)
    await fastify.register(fastifySession, {
      secret: secrets.slice(1),
      store,
      cookie: { secure: false, maxAge },
      ...their,
    })
  })
  return {
    ...app,
    cookieName: 'sessionId',
    reader: (options: Pick<FromFastifySessionOptions, 'user'>, other?: string) =>
      fromFastifySession({ store, ...ours, secret: other ?? ours.secret ?? secrets, ...options }),
    expire: () => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + maxAge + 1 }),
  }
}

/** A store that keeps JSON, as databases do. */
class JsonStore extends EventEmitter {
  readonly records = new Map<string, string>()
  get(id: string, callback: (error: unknown, record?: unknown) => void): void {
    const text = this.records.get(id)
    setImmediate(() => callback(null, text && JSON.parse(text)))
  }
  set(id: string, record: unknown, callback: (error?: unknown) => void): void {
    this.records.set(id, JSON.stringify(record))
    callback()
  }
  destroy(id: string, callback: (error?: unknown) => void): void {
    this.records.delete(id)
    callback()
  }
}

describeTakeover('@fastify/session in its MemoryStore', traits, () => start(new MemoryStore(new Map())))

describeTakeover('@fastify/session in a database, with a prefix and another hash', traits, () => {
  const signing = { cookiePrefix: 's:', algorithm: 'sha512' }
  return start(new JsonStore(), signing, signing)
})

describeTakeover('@fastify/session with a signer', traits, () => {
  const signer = new Signer(secrets[0]!)
  return start(new JsonStore(), { secret: signer }, { secret: signer })
})
