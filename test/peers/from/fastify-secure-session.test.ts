import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import secureSession from '@fastify/secure-session'
import { vi } from 'vitest'
import { fromFastifySecureSession } from '../../../src/from/fastify-secure-session.ts'
import { sha256 } from '../../../src/util/sha256.ts'
import { startFastify } from './fastify-apps.ts'
import { describeTakeover, type PeerServer } from './suite.ts'

const expiry = 3600
const traits = { hasStore: false, hasTime: true, hasMessages: true }

async function start(their: object, key: readonly (string | Uint8Array)[]): Promise<PeerServer> {
  const app = await startFastify(async (fastify) => {
    await fastify.register(secureSession, { expiry, ...their } as any)
  })
  return {
    ...app,
    cookieName: 'session',
    reader: (options, other) =>
      fromFastifySecureSession({
        key: other === undefined ? key : Buffer.from(sha256(other), 'base64url'),
        expiry,
        remember: false,
        ...options,
      }),
    expire: () => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + expiry * 1000 + 1000 }),
  }
}

const [newer, older] = [randomBytes(32), randomBytes(32)]

describeTakeover('@fastify/secure-session', traits, () => start({ key: older }, [newer.toString('base64'), older]))

describeTakeover('@fastify/secure-session with a secret, and a signature around its cookie', traits, () => {
  const [secret, salt] = ['averylogphrasebiggerthanthirtytwochars', 'mq9hDxBVDbspDR6n']
  return start({ secret, salt, cookie: { signed: true } }, [keyFrom(secret, salt)])
})

/** The lines of the documentation. */
function keyFrom(secret: string, salt: string): Buffer {
  const sodium = createRequire(import.meta.url)('sodium-native')
  const key = Buffer.alloc(32)
  const { crypto_pwhash_OPSLIMIT_MODERATE: ops, crypto_pwhash_MEMLIMIT_MODERATE: memory } = sodium
  sodium.crypto_pwhash(key, Buffer.from(secret), Buffer.from(salt), ops, memory, sodium.crypto_pwhash_ALG_DEFAULT)
  return key
}
