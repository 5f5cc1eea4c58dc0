import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterEach, expect, it, vi } from 'vitest'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { createAsk } from '../../../src/stores/redis/connection/ask.ts'
import { createRedisConnection } from '../../../src/stores/redis/connection/connection.ts'
import { findConfigWarnings } from '../../../src/stores/redis/config-warnings.ts'
import { startCluster } from '../../support/servers/cluster.ts'
import { describeRedis, describeValkey, startRedis, valkeyServer } from '../../support/servers/redis.ts'
import { clients, clusterClients } from '../../support/redis-clients.ts'
import { nobody } from '../../support/records.ts'

const dropsSessions = `Redis drops users' sessions when its memory is full (maxmemory-policy allkeys-lru), which signs those users out on all devices. Run "CONFIG SET maxmemory-policy noeviction" in its redis-cli. Also add this line to its redis.conf, so that a restart keeps it: maxmemory-policy noeviction`
const writesNothing =
  'Redis writes nothing to disk, so a restart signs all users out. Run "CONFIG SET appendonly yes" in its redis-cli. Also add this line to its redis.conf, so that a restart keeps it: appendonly yes'

const writesNothingAt = (address: string, options: string) =>
  `Redis at ${address} writes nothing to disk, so a restart signs all users out. Run "redis-cli ${options} CONFIG SET appendonly yes". Also add this line to its redis.conf, so that a restart keeps it: appendonly yes`

it.each([
  ['5.0.14', 1],
  ['6.0.9', 1],
  ['6.2.0', 0],
  ['7.4.1', 0],
  ['10.0.0', 0],
])('the version %s of Redis gives %i warnings', async (version, count) => {
  const ask = async (command: string[]) =>
    command[0] === 'INFO' ? `redis_version:${version}\r\naof_enabled:1\r\n` : []
  const warning = `Redis is version ${version}, and Sojourn needs 6.2 or newer. Update Redis, or use Valkey.`
  expect(await findConfigWarnings([createAsk(ask)])).toEqual(Array.from({ length: count }, () => warning))
})

afterEach(() => {
  vi.restoreAllMocks()
})

async function warningsOf(program: string | undefined, ...args: string[]): Promise<string[]> {
  const server = await startRedis({ program, args })
  try {
    return await findConfigWarnings([createAsk((command) => server.ask(...command))])
  } finally {
    await server.stop()
  }
}

describeRedis('the settings of Redis', () => {
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
      expect(await findConfigWarnings([createAsk((command) => client.sendCommand(command))])).toEqual([])
      client.destroy()
    } finally {
      await server.stop()
    }
  })

  it('is logged once on the console, by any client', async () => {
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
        for (let store = 0; store < 2; store++) await redisStore(client).read(nobody)
        const ours = () => warn.mock.calls.filter(([text]) => String(text).includes(`(maxmemory-policy ${policy})`))
        await expect.poll(() => ours().length, { message: name }).toBe(1)
        close()
      }
      const address = `127.0.0.1:${server.port}`
      const warning = writesNothingAt(address, `-h 127.0.0.1 -p ${server.port}`)
      // A client of valkey-glide does not reveal the address that it is connected to, nor does a pool.
      for (const text of [warning, writesNothing])
        expect(warn.mock.calls.flat().filter((said) => said === text)).toEqual([text])
      expect(warn.mock.calls.flat().filter((said) => String(said).includes(address))).toHaveLength(5)
    } finally {
      await server.stop()
    }
  })

  it('names a server by its URL without the password, and its command works', async () => {
    const server = await startRedis({ args: ['--save', ''], password: 'hunter2' })
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const store = redisStore(server.url.replace('//127.0.0.1', '//default:hunter2@localhost'))
    const options = `-h localhost -p ${server.port}`
    try {
      await store.read(nobody)
      const warning = writesNothingAt(`localhost:${server.port}`, options)
      await expect.poll(() => warn.mock.calls.flat()).toEqual([warning])
      expect(warning).not.toContain('hunter2')

      const [, command = ''] = /"redis-cli (.*?)"/.exec(warning)!
      expect(command.startsWith(`${options} `)).toBe(true)
      await server.ask(...command.slice(options.length + 1).split(' '))
      expect(await server.ask('CONFIG', 'GET', 'appendonly')).toEqual(['appendonly', 'yes'])
    } finally {
      await store.close()
      await server.stop()
    }
  })

  it.each([
    [{}, 'at localhost:6379', '"redis-cli -h localhost -p 6379 CONFIG'],
    [
      { host: 'redis.internal', tls: {} },
      'at redis.internal:6379',
      '"redis-cli -h redis.internal -p 6379 --tls CONFIG',
    ],
    [{ host: '::1', port: 7000 }, 'at [::1]:7000', '"redis-cli -h ::1 -p 7000 CONFIG'],
    [{ host: '-x' }, 'Redis writes', '"CONFIG'],
    [{ host: 'a; rm' }, 'Redis writes', '"CONFIG'],
    [{ host: 'localhost', path: '/run/redis.sock' }, 'Redis writes', '"CONFIG'],
    [undefined, 'Redis writes', '"CONFIG'],
  ])('names a server at %o', async (at, name, command) => {
    const [warning] = await findConfigWarnings([
      createAsk(async ([name]) => (name === 'INFO' ? 'aof_enabled:0' : ['save', '']), at),
    ])
    expect(warning).toContain(name)
    expect(warning).toContain(`Run ${command}`)
  })

  it('names a server by its address, if the client has one', async () => {
    const server = await startRedis()
    const placed = await Promise.all(
      Object.entries(clients).map(async ([name, connect]) => {
        const { client, close } = await connect(server.port)
        const [node] = await createRedisConnection(client).listPrimaries()
        const { host, port } = node!.address ?? {}
        await close()
        return [name, host === '127.0.0.1' && port === server.port]
      }),
    )
    await server.stop()
    expect(placed).toEqual(Object.keys(clients).map((name) => [name, !/pool|glide/.test(name)]))

    const sentinels = new Redis({ sentinels: [{ host: '127.0.0.1', port: 1 }], name: 'sessions', lazyConnect: true })
    expect((await createRedisConnection(sentinels).listPrimaries())[0]!.address).toBe(undefined)
  })

  it('names each primary of a cluster', async () => {
    const cluster = await startCluster()
    try {
      const ports = cluster.nodes.map(({ port }) => port).toSorted()
      for (const [name, connect] of Object.entries(clusterClients)) {
        const { client, close } = await connect(cluster.addresses)
        const nodes = await createRedisConnection(client).listPrimaries()
        expect([name, nodes.map(({ address }) => address?.port).toSorted()]).toEqual([name, ports])
        await close()
      }
    } finally {
      await cluster.stop()
    }
  })

  it('is looked at once there is a connection', async () => {
    const server = await startRedis({ args: ['--maxmemory', '100mb', '--maxmemory-policy', 'volatile-random'] })
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const client = createClient({ url: server.url })
    try {
      const store = redisStore(client)
      await client.connect()
      await store.read(nobody)
      await expect.poll(() => String(warn.mock.calls)).toContain('volatile-random')
    } finally {
      client.destroy()
      await server.stop()
    }
  })
})

describeValkey('the settings of Valkey', () => {
  it('is logged with the names of Valkey', async () => {
    const args = ['--save', '', '--maxmemory', '10mb', '--maxmemory-policy', 'allkeys-lru']
    expect(await warningsOf(valkeyServer, ...args)).toEqual(
      [dropsSessions, writesNothing].map((text) => text.replaceAll('Redis', 'Valkey').replaceAll('redis', 'valkey')),
    )
  })
})
