import { expect, it } from 'vitest'
import { describeRedis, redisServer, startRedis, valkeyServer, type RedisServer } from '../../support/servers/redis.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { outage, type Fault } from './outage.ts'
import { expectCalm, expectContinued } from './report.ts'
import { openRedisStore } from './stores.ts'

interface Given {
  readonly server: RedisServer
  /** The network before it. */
  readonly proxy: TcpProxy
}

const passing = { toServer: 'pass', toClient: 'pass' } as const

const faults: Readonly<Record<string, (given: Given) => Fault>> = {
  'frozen for 10 s': ({ server }) => ({ seconds: 10, begin: () => server.freeze(), end: () => server.thaw() }),
  frozen: ({ server }) => ({ seconds: 6, begin: () => server.freeze(), end: () => server.thaw() }),
  killed: ({ server }) => ({ seconds: 6, begin: () => server.kill(), end: () => server.restart() }),
  filled: ({ server }) => ({
    seconds: 6,
    begin: async () => server.ask('CONFIG', 'SET', 'maxmemory', '1mb'),
    end: async () => server.ask('CONFIG', 'SET', 'maxmemory', '0'),
  }),
  'cut off until its connections break': ({ proxy }) => ({
    seconds: 6,
    begin: () => proxy.set({ toServer: 'swallow', toClient: 'swallow' }),
    end() {
      proxy.set(passing)
      proxy.reset()
    },
  }),
  'cut off for connections that never break': ({ proxy }) => ({
    seconds: 6,
    begin: () => proxy.set({ toServer: 'swallow', toClient: 'swallow' }),
    end: () => proxy.set(passing),
  }),
  'cut off until all arrives late': ({ proxy }) => ({
    seconds: 6,
    begin: () => proxy.set({ toServer: 'hold', toClient: 'hold' }),
    end: () => proxy.set(passing),
  }),
}

const drills: [fault: string, client: string][] = [
  ['frozen for 10 s', 'redis with clientSideCache'],
  ['frozen for 10 s', 'ioredis'],
  ['frozen', 'iovalkey'],
  ['filled', 'redis with clientSideCache'],
  ['cut off until its connections break', 'redis'],
  ['killed', 'redis with clientSideCache'],
  ['cut off for connections that never break', 'a URL'],
  ['cut off until all arrives late', 'redis'],
]

describeRedis('200 visitors while Redis is', () => {
  it.concurrent.each(drills)(
    '%s, by a client of %s',
    async (what, client) => {
      const program = client === 'iovalkey' ? (valkeyServer ?? redisServer) : redisServer
      const server = await startRedis({ program, args: ['--appendonly', 'yes'] })
      const proxy = await startTcpProxy(server.port)
      const opened = await Promise.all(['one:', 'two:'].map(async (it) => openRedisStore(client, proxy.port, it)))
      try {
        const [going, strict] = await outage(faults[what]!({ server, proxy }), [
          { store: opened[0]!.store, options: { unconfirmedFor: 600 }, perSecond: 30 },
          { store: opened[1]!.store, perSecond: 15 },
        ])

        for (const { visits, beside, others, changes, wrongs } of [going!, strict!]) {
          expectCalm({ visits, beside })
          expect(wrongs).toEqual([])
          expect(others.map(({ status }) => status)).toEqual([200, 200, 200])
          // A full Redis takes a small write now and then, whenever it has freed a buffer.
          if (what === 'filled') expect(changes[0]).toMatch('down')
          else expect(changes).toEqual([expect.stringMatching('down'), expect.stringMatching('up')])
          expect(changes.at(-1)).toMatch('up')
        }
        expectContinued(going!, { isFull: what === 'filled' })
        const reads = strict!.during.filter(({ path }) => path === '/').map(({ status }) => status)
        const writes = strict!.during.filter(({ path }) => /cart|flash\b/.test(path)).map(({ status }) => status)
        expect(new Set(reads)).toEqual(new Set([what === 'filled' ? 200 : 503]))
        expect(new Set(writes)).toEqual(new Set([503]))
      } finally {
        for (const { close } of opened) close()
        await proxy.stop()
        await server.stop()
      }
    },
    180_000,
  )
})
