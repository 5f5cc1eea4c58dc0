import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { postgresStore } from '../../../src/stores/postgres/store.ts'
import { describePostgres, startPostgres } from '../../support/servers/postgres.ts'
import { describeRedis, startRedis } from '../../support/servers/redis.ts'
import { createCrowd } from './crowd.ts'
import { reportOf } from './report.ts'
import { openShop } from './shop.ts'
import { openRedisStore, ways, type OpenedStore } from './stores.ts'

/** Blocks the event loop as heavy work does, without using the CPU. */
function stall(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

/** Longer than the timeout of the store, which is so long that Redis answers in time if the machine is busy. */
const stallMs = 1200
const storeTimeout = 1

/** Lets visitors come to several servers of this process, while its event loop stands still again and again. */
async function stalled(stores: readonly OpenedStore[]): Promise<void> {
  const shops = await Promise.all(
    stores.flatMap(({ store }) =>
      [0, 600].map(async (unconfirmedFor) => openShop(store, { unconfirmedFor, storeTimeout })),
    ),
  )
  const crowds = shops.map(({ port }) => createCrowd(port, 5))
  for (const { arrive } of crowds) await arrive()
  const leave = crowds.map(({ come }) => come(15))
  // A busy machine needs more time for as many visits.
  const isEnough = () => crowds.every(({ visits }) => visits.length > 15)
  for (let times = 0; times < 6 || (!isEnough() && times < 60); times++) {
    await pause(100 + times * 7)
    stall(stallMs)
  }
  await Promise.all(leave.map(async (stop) => stop()))

  for (const [at, { visits, wrongs }] of crowds.entries()) {
    expect(visits.length).toBeGreaterThan(15)
    expect(reportOf(visits)).toMatchObject({ failed: [], signedOut: [], unanswered: [] })
    expect(await wrongs()).toEqual([])
    expect(shops[at]!.count('store-down')).toBe(0)
  }
  for (const { leave: close } of crowds) close()
  await Promise.all(shops.map(async ({ stop }) => stop()))
}

describeRedis('a process that stands still for longer than its store may take', () => {
  it('takes nobody for signed out and Redis not for dead, by any client', async () => {
    const server = await startRedis()
    const stores = await Promise.all(ways.map(async (way) => openRedisStore(way, server.port, `${way}:`)))
    try {
      await stalled(stores)
    } finally {
      for (const { close } of stores) await close()
      await server.stop()
    }
  })
})

describePostgres('a process that stands still for longer than its store may take', () => {
  it('takes nobody for signed out and Postgres not for dead', async () => {
    const server = await startPostgres()
    const store = postgresStore(server.url)
    try {
      await store.createTable()
      await stalled([{ store, close: () => store.close() }])
    } finally {
      await store.close()
      await server.stop()
    }
  })
})
