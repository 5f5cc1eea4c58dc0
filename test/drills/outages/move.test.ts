import { expect, it } from 'vitest'
import { both, move } from '../../../src/move/index.ts'
import type { SessionStore } from '../../../src/stores/store.ts'
import { outage } from './outage.ts'
import { expectCalm, expectContinued } from './report.ts'
import { openRedisStore } from './stores.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'

const faults: Readonly<Record<string, (server: RedisServer) => [begin: () => unknown, end: () => unknown]>> = {
  frozen: (server) => [() => server.freeze(), () => server.thaw()],
  killed: (server) => [() => server.kill(), () => server.restart()],
  filled: (server) => [
    () => server.ask('CONFIG', 'SET', 'maxmemory', '1mb'),
    () => server.ask('CONFIG', 'SET', 'maxmemory', '0'),
  ],
}

const drills = [
  ['frozen', 'new', 'before'],
  ['filled', 'new', 'before'],
  ['frozen', 'old', 'after'],
  ['killed', 'new', 'after'],
] as const

describeRedis('200 visitors of servers with both, while one store is', () => {
  it.concurrent.each(drills)(
    '%s, the %s one, %s the move',
    async (what, which, when) => {
      const servers = await Promise.all([0, 1].map(() => startRedis({ args: ['--appendonly', 'yes'] })))
      const [to, from] = servers as [RedisServer, RedisServer]
      const open = async (prefix: string) => {
        const [newOne, oldOne] = await Promise.all([to, from].map(({ port }) => openRedisStore('a URL', port, prefix)))
        return [newOne!, oldOne!] as const
      }
      const opened = await Promise.all([open('one:'), open('two:')])
      try {
        const stores: SessionStore[] = []
        for (const [{ store: newOne }, { store: oldOne }] of opened) {
          if (when === 'after') await move(oldOne, newOne)
          stores.push(both(newOne, oldOne))
        }
        const [begin, end] = faults[what]!(which === 'old' ? from : to)
        const [going, strict] = await outage({ seconds: 6, begin, end }, [
          { store: stores[0]!, options: { unconfirmedFor: 600 }, perSecond: 20 },
          { store: stores[1]!, perSecond: 10 },
        ])

        for (const { visits, beside, others, wrongs } of [going!, strict!]) {
          expectCalm({ visits, beside })
          expect(wrongs).toEqual([])
          expect(others.map(({ status }) => status)).toEqual([200, 200, 200])
        }
        expectContinued(going!, { isFull: what === 'filled' })
        const statuses = (of: RegExp) =>
          new Set(strict!.during.filter(({ path }) => of.test(path)).map(({ status }) => status))
        expect(statuses(/^\/$/)).toEqual(new Set([what === 'filled' ? 200 : 503]))
        expect(statuses(/cart|flash\b/)).toEqual(new Set([503]))
      } finally {
        for (const each of opened.flat()) await each.close()
        for (const server of servers) await server.stop()
      }
    },
    180_000,
  )
})
