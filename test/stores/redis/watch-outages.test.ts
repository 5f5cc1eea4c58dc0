import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SessionStore } from '../../../src/store.ts'
import { redisStore } from '../../../src/stores/redis.ts'
import { describeRedis, startRedis, type RedisServer } from '../../setup/redis.ts'
import { atOnce, inTime, serverOn, settled, untilFired, watchedOn } from '../../support/watching.ts'
import { newRecord } from './records.ts'

type Closing = { store: SessionStore; close: () => unknown }

const connects: Record<string, (url: string) => Promise<Closing>> = {
  async redis(url) {
    const client = createClient({ url })
    client.on('error', () => {})
    await client.connect()
    return { store: redisStore(client), close: () => client.destroy() }
  },
  async ioredis(url) {
    const client = new Redis(url)
    client.on('error', () => {})
    return { store: redisStore(client), close: () => client.disconnect() }
  },
  async 'a URL'(url) {
    const store = redisStore(url)
    return { store, close: () => store.close() }
  },
}

describeRedis('sessions that are watched while something is wrong', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  })
  afterAll(() => server.stop())

  describe.each(Object.entries(connects))('by %s', (_name, connect) => {
    let here: Closing
    let there: Closing
    beforeEach(async () => {
      ;[here, there] = [await connect(server.url), await connect(server.url)]
    })
    afterEach(async () => {
      await here.close()
      await there.close()
    })

    it('are known to be over where the connection that listens was killed, before and after it is another', async () => {
      const other = serverOn(there.store)
      const sessions = serverOn(here.store)
      const [first, second] = [await watchedOn(sessions), await watchedOn(sessions)]
      await settled()
      expect(await server.ask('CLIENT', 'KILL', 'TYPE', 'pubsub')).toBe(1)
      await other.revoke(first.userId, first.session.id!)
      expect(await untilFired(first.signal)).toBeLessThan(inTime)

      await pause(1500)
      await other.revoke(second.userId, second.session.id!)
      expect(await untilFired(second.signal)).toBeLessThan(atOnce)
    })

    it('are known to be over once Redis is back, whatever ended them', async () => {
      const sessions = serverOn(here.store)
      const [first, second, third] = [await watchedOn(sessions), await watchedOn(sessions), await watchedOn(sessions)]
      await settled()
      await server.kill()
      await pause(1000)
      expect(first.signal.aborted || second.signal.aborted || third.signal.aborted).toBe(false)
      await server.restart()
      // By a key that is gone, as by a server of an older version: nobody is told.
      await server.ask('DEL', `sojourn:session:${first.session.id}`)
      // Its clients come back by and by.
      expect(await untilFired(first.signal)).toBeLessThan(3000)
      expect(first.signal.reason).toBe('ended')

      const other = serverOn(there.store)
      await expect.poll(() => there.store.read('nobody').catch(() => 'down'), { timeout: 9000 }).toBe(null)
      await other.revoke(second.userId, second.session.id!)
      expect(await untilFired(second.signal)).toBeLessThan(inTime)
      expect(third.signal.aborted).toBe(false)
      third.leave()
    })
  })

  it('are known to be over where the user of Redis may not publish, and end all the same', async () => {
    await server.ask('ACL', 'SETUSER', 'ada', 'on', '>secret', '~*', 'resetchannels', '+@all', '-publish')
    const url = server.url.replace('//', '//ada:secret@')
    const [here, there] = [await connects['redis']!(url), await connects['ioredis']!(url)]
    const watched = await watchedOn(serverOn(here.store))
    await settled()
    expect(await serverOn(there.store).revoke(watched.userId, watched.session.id!)).toMatchObject({ ended: 1 })
    expect(await untilFired(watched.signal)).toBeLessThan(inTime)
    await here.close()
    await there.close()
  })

  it('are known to be over at once where Redis is full', async () => {
    const full = await startRedis({ args: ['--maxmemory', '3mb'] })
    const [here, there] = [await connects['redis']!(full.url), await connects['ioredis']!(full.url)]
    const watched = await watchedOn(serverOn(here.store))
    await settled()
    await full.ask('SET', 'filler', 'x'.repeat(3_000_000)).catch(() => {})
    await full.ask('CONFIG', 'SET', 'maxmemory', '1mb')
    await expect(there.store.create(newRecord())).rejects.toThrow(/OOM/)
    await serverOn(there.store).revoke(watched.userId, watched.session.id!)
    expect(await untilFired(watched.signal)).toBeLessThan(atOnce)
    await here.close()
    await there.close()
    await full.stop()
  })

  it('cost next to nothing: a thousand of them', async () => {
    const here = await connects['redis']!(server.url)
    const sessions = serverOn(here.store)
    const watched: Awaited<ReturnType<typeof watchedOn>>[] = []
    while (watched.length < 1000) {
      watched.push(...(await Promise.all(Array.from({ length: 20 }, () => watchedOn(sessions)))))
    }
    await pause(2000)
    await server.ask('CONFIG', 'RESETSTAT')
    await pause(3000)
    const calls = Object.values(await server.calls()).reduce((sum, count) => sum + count, 0)
    // What this process tells itself, by a script that publishes.
    expect(calls).toBeLessThan(20)
    for (const { leave } of watched) leave()
    await settled()
    await here.close()
  })
})
