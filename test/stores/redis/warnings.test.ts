import { createClient } from 'redis'
import { afterEach, expect, it, vi } from 'vitest'
import { redisStore } from '../../../src/stores/redis.ts'
import { findWarnings } from '../../../src/stores/redis/warnings.ts'
import { describeRedis, describeValkey, startRedis, valkeyServer } from '../../setup/redis.ts'
import { clients } from './clients.ts'

const dropsSessions =
  'Redis drops sessions when its memory is full (maxmemory-policy allkeys-lru), which signs their people out. Type: redis-cli CONFIG SET maxmemory-policy noeviction and put this line into its redis.conf, so that it stays: maxmemory-policy noeviction'
const writesNothing =
  'Redis writes nothing to disk, so that a restart of it signs everybody out. Type: redis-cli CONFIG SET appendonly yes and put this line into its redis.conf, so that it stays: appendonly yes'

afterEach(() => {
  vi.restoreAllMocks()
})

async function warningsOf(program: string | undefined, ...args: string[]): Promise<string[]> {
  const server = await startRedis({ program, args })
  try {
    return await findWarnings([server.ask])
  } finally {
    await server.stop()
  }
}

describeRedis('what Redis is set to', () => {
  it.each([
    ['keeps everything', ['--appendonly', 'yes'], []],
    ['writes to disk now and then', ['--save', '60 1'], []],
    ['would drop sessions, if there were a limit', ['--maxmemory-policy', 'allkeys-lru'], []],
    ['has a limit, and drops nothing', ['--maxmemory', '10mb'], []],
    ['drops sessions', ['--maxmemory', '10mb', '--maxmemory-policy', 'allkeys-lru'], [dropsSessions]],
    [
      'drops sessions, which expire',
      ['--maxmemory', '10mb', '--maxmemory-policy', 'volatile-ttl'],
      [dropsSessions.replace('allkeys-lru', 'volatile-ttl')],
    ],
    ['writes nothing to disk', ['--save', ''], [writesNothing]],
    [
      'does both',
      ['--save', '', '--maxmemory', '10mb', '--maxmemory-policy', 'allkeys-lru'],
      [dropsSessions, writesNothing],
    ],
    ['does not say', ['--save', '', '--rename-command', 'CONFIG', ''], []],
    ['says nothing at all', ['--save', '', '--rename-command', 'INFO', ''], []],
  ])('where it %s', async (_name, args, warnings) => {
    expect(await warningsOf(undefined, ...args)).toEqual(warnings)
  })

  it('is of no concern where a user may not ask', async () => {
    const server = await startRedis({ args: ['--save', ''] })
    try {
      await server.ask('ACL', 'SETUSER', 'app', 'on', '>pw', '~*', '+@all', '-@admin', '-info', '-config')
      const client = await createClient({ url: server.url.replace('//', '//app:pw@') }).connect()
      expect(await findWarnings([(...command) => client.sendCommand(command)])).toEqual([])
      client.destroy()
    } finally {
      await server.stop()
    }
  })

  it('is said once on the console, by any client', async () => {
    const server = await startRedis({ args: ['--save', '', '--maxmemory', '100mb'] })
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    try {
      const policies = ['allkeys-lru', 'allkeys-lfu', 'allkeys-random', 'volatile-lru', 'volatile-lfu', 'volatile-ttl']
      for (const [at, name] of [
        'redis',
        'redis 5',
        'ioredis',
        'iovalkey',
        'valkey-glide',
        'redis pool with keyPrefix',
      ].entries()) {
        const policy = policies[at]!
        await server.ask('CONFIG', 'SET', 'maxmemory-policy', policy)
        const { client, close } = await clients[name]!(server.port)
        for (let store = 0; store < 2; store++) await redisStore(client).read('nobody')
        const ours = () => warn.mock.calls.filter(([text]) => String(text).includes(`(maxmemory-policy ${policy})`))
        await expect.poll(() => ours().length, { message: name }).toBe(1)
        close()
      }
      expect(warn.mock.calls.filter(([text]) => text === writesNothing)).toHaveLength(1)
    } finally {
      await server.stop()
    }
  })

  it('is looked at once there is a connection', async () => {
    const server = await startRedis({ args: ['--maxmemory', '100mb', '--maxmemory-policy', 'volatile-random'] })
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const client = createClient({ url: server.url })
    try {
      const store = redisStore(client)
      await client.connect()
      await store.read('nobody')
      await expect.poll(() => String(warn.mock.calls)).toContain('volatile-random')
    } finally {
      client.destroy()
      await server.stop()
    }
  })
})

describeValkey('what Valkey is set to', () => {
  it('is told by the names of Valkey', async () => {
    const args = ['--save', '', '--maxmemory', '10mb', '--maxmemory-policy', 'allkeys-lru']
    expect(await warningsOf(valkeyServer, ...args)).toEqual(
      [dropsSessions, writesNothing].map((text) => text.replaceAll('Redis', 'Valkey').replaceAll('redis', 'valkey')),
    )
  })
})
