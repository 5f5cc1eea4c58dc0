import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { findNeed } from '../needs.mjs'
import { freePort } from '../servers/free-port.mjs'
import { startRedis } from '../servers/redis.mjs'
import { createService } from './service.mjs'

const missing = `Redis is not installed, and the cluster keeps its sessions there. Install it: sudo apt-get install -y redis-server
(on macOS: brew install redis). Or use a running one: REDIS_URL=redis://HOST:PORT npm run cluster`

// Each change is written to a file, and no session is removed to make room for another.
const args = ['--save', '', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction', '--loglevel', 'warning']

/** Runs a Redis, or else a Valkey, that keeps its data in a folder. */
export async function createRedis(dataFolder) {
  const redis = findNeed('REDIS_SERVER')
  const program = redis.path ?? (redis.given ? undefined : findNeed('VALKEY_SERVER').path)
  if (!program) throw new Error(redis.given ? `REDIS_SERVER=${redis.given} does not run.` : missing)
  const folder = join(dataFolder, 'redis')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const port = await freePort()
  const password = randomBytes(24).toString('base64url')
  const where = `Redis at 127.0.0.1:${port}, data in ${folder}`
  const service = createService('Redis', async () => {
    const server = await startRedis({ program, args, port, folder, password, detached: true })
    return { where, ended: server.ended(), stop: server.stop }
  })
  return { ...service, url: `redis://:${password}@127.0.0.1:${port}` }
}
