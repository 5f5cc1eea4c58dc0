import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SessionStore } from '../../../src/stores/store.ts'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { signedInAs } from '../../../src/testing/testing.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import {
  atOnce,
  endInSilence,
  inTime,
  lateness,
  serverOn,
  untilListening,
  untilFired,
  watchedOn,
  type Watched,
  tries,
} from '../../support/watching.ts'
import { newRecord, nobody } from '../../support/records.ts'

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

describeRedis('sessions that are watched while something is wrong', tries, () => {
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
      await untilListening()
      expect(await server.ask('CLIENT', 'KILL', 'TYPE', 'pubsub')).toBe(1)
      await other.revoke(first.userId, first.session.id!)
      expect(await lateness(first)).toBeLessThan(inTime)

      const subscribers = async () => String(await server.ask('INFO', 'clients'))
      await expect.poll(subscribers, { timeout: 10_000 }).toContain('pubsub_clients:1')
      await untilListening()
      await other.revoke(second.userId, second.session.id!)
      expect(await lateness(second)).toBeLessThan(atOnce)
    })

    it('are known to be over once Redis is back, whatever ended them', async () => {
      const sessions = serverOn(here.store)
      const [first, second, third] = [await watchedOn(sessions), await watchedOn(sessions), await watchedOn(sessions)]
      await untilListening()
      await server.kill()
      await pause(1000)
      expect(first.signal.aborted || second.signal.aborted || third.signal.aborted).toBe(false)
      await server.restart()
      // By removing a key, as a server of an older version does: nobody is notified.
      await server.ask('DEL', `sojourn:u:${first.userId}`)
      // Its clients come back by and by.
      await untilFired(first.signal, 3000)
      expect(first.signal.reason).toBe('ended')

      const other = serverOn(there.store)
      await expect.poll(() => there.store.read(nobody).catch(() => 'down'), { timeout: 9000 }).toBe(null)
      await other.revoke(second.userId, second.session.id!)
      expect(await lateness(second)).toBeLessThan(inTime)
      expect(third.signal.aborted).toBe(false)
      third.leave()
    })
  })

  /** Clients whose copies, which listen, go another way than they do themselves. */
  const copied: Record<string, (url: string, way: number) => Promise<Closing>> = {
    async redis(url, way) {
      const client = createClient({ url })
      client.on('error', () => {})
      await client.connect()
      const copy = (options: object) => createClient({ ...options, socket: { host: '127.0.0.1', port: way } })
      Object.assign(client, { duplicate: copy })
      return { store: redisStore(client), close: () => client.destroy() }
    },
    async ioredis(url, way) {
      const client = new Redis(url)
      client.on('error', () => {})
      const copy = (options: object) => new Redis({ ...options, host: '127.0.0.1', port: way })
      Object.assign(client, { duplicate: copy })
      return { store: redisStore(client), close: () => client.disconnect() }
    },
  }

  it.concurrent.each(Object.entries(copied))(
    'are known to be over in time where the connection that listens dies without a word, by %s',
    async (_name, connect) => {
      const proxy = await startTcpProxy(server.port)
      const [here, there] = [await connect(server.url, proxy.port), await connects['ioredis']!(server.url)]
      await endInSilence(serverOn(here.store), serverOn(there.store), proxy)
      await here.close()
      await there.close()
      await proxy.stop()
    },
  )

  it('are over at once at the server that signs out, while Redis stands still', async () => {
    const here = await connects['ioredis']!(server.url)
    const sessions = serverOn(here.store)
    const [watched, another] = [await watchedOn(sessions), await watchedOn(sessions)]
    const session = await sessions.open(await signedInAs(sessions, 'eve'))
    const signal = sessions.watch(session)
    await untilListening()
    server.freeze()
    try {
      session.signOut()
      const committed = sessions.commit(session)
      await pause(10)
      expect(signal.reason).toBe('ended')
      await committed
      expect([watched.signal.aborted, another.signal.aborted]).toEqual([false, false])
    } finally {
      server.thaw()
    }
    watched.leave()
    another.leave()
    await here.close()
  })

  it('are known to be over where the user of Redis may not publish, and end all the same', async () => {
    await server.ask('ACL', 'SETUSER', 'ada', 'on', '>secret', '~*', 'resetchannels', '+@all', '-publish')
    const url = server.url.replace('//', '//ada:secret@')
    const [here, there] = [await connects['redis']!(url), await connects['ioredis']!(url)]
    const watched = await watchedOn(serverOn(here.store))
    await untilListening()
    expect(await serverOn(there.store).revoke(watched.userId, watched.session.id!)).toMatchObject({ ended: 1 })
    expect(await lateness(watched)).toBeLessThan(inTime)
    await here.close()
    await there.close()
  })

  it('are known to be over at once where Redis is full', async () => {
    const full = await startRedis({ args: ['--maxmemory', '3mb'] })
    const [here, there] = [await connects['redis']!(full.url), await connects['ioredis']!(full.url)]
    const watched = await watchedOn(serverOn(here.store))
    await untilListening()
    await full.ask('SET', 'filler', 'x'.repeat(3_000_000)).catch(() => {})
    await full.ask('CONFIG', 'SET', 'maxmemory', '1mb')
    await expect(there.store.create(newRecord())).rejects.toThrow(/OOM/)
    await serverOn(there.store).revoke(watched.userId, watched.session.id!)
    expect(await lateness(watched)).toBeLessThan(atOnce)
    await here.close()
    await there.close()
    await full.stop()
  })

  it('cost next to nothing: a thousand of them', async () => {
    const here = await connects['redis']!(server.url)
    const sessions = serverOn(here.store)
    const watched: Watched[] = []
    while (watched.length < 1000) {
      watched.push(...(await Promise.all(Array.from({ length: 20 }, () => watchedOn(sessions)))))
    }
    await pause(1000)
    async function calls(): Promise<{ own: number; others: number }> {
      await server.ask('CONFIG', 'RESETSTAT')
      await pause(1500)
      const { evalsha = 0, publish = 0, ...others } = await server.calls()
      // The messages that this process sends itself, by a script that publishes.
      expect(publish).toBe(evalsha)
      return { own: evalsha, others: Object.values(others).reduce((sum, count) => sum + count, 0) }
    }
    let { own, others } = await calls()
    // While Redis waits for the processor, they are looked at.
    for (let tries = 0; tries < 10 && others > 0; tries++) ({ own, others } = await calls())
    expect(own).toBeGreaterThan(3)
    expect(own).toBeLessThan(9)
    expect(others).toBe(0)
    for (const { leave } of watched) leave()
    await untilListening()
    await server.ask('CONFIG', 'RESETSTAT')
    await pause(600)
    expect(await server.calls()).toEqual({})
    await here.close()
  })
})
