import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { newRecord, nobody, revoked } from '../../support/records.ts'

/** A server that accepts and says nothing, nor closes anything, as one that was stopped. */
async function startSilent() {
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket.on('error', () => {}).resume())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    /** The connections that this process has to it, with half-open and half-closed ones. */
    connections: () => made.filter((socket) => !socket.destroyed && (socket.connecting || socket.remotePort === port)),
    stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** All sockets that clients here have made. */
const made: Socket[] = []
let noted = (): void => {}
function note(message: unknown): void {
  made.push((message as { socket: Socket }).socket)
  noted()
}
/** Whether one of them keeps this process alive. */
const keepsAlive = (socket: Socket & { _handle?: { hasRef(): boolean } }): boolean => socket._handle?.hasRef() === true

describeRedis('a server that accepts and says nothing', () => {
  let primary: RedisServer
  let silent: Awaited<ReturnType<typeof startSilent>>
  beforeAll(async () => {
    subscribe('net.client.socket', note)
    primary = await startRedis()
    silent = await startSilent()
  })
  afterAll(async () => {
    unsubscribe('net.client.socket', note)
    silent.stop()
    await primary.stop()
  })

  /** Sooner than one is given up by itself. */
  const left = async (count: number): Promise<void> =>
    expect.poll(() => silent.connections().length, { timeout: 4000 }).toBe(count)

  /** A client whose copies go to the silent server. */
  async function clientBy(name: string): Promise<any> {
    if (name === 'redis') {
      const client = createClient({ url: primary.url })
      const duplicate = (options: object) =>
        createClient({ ...options, socket: { host: '127.0.0.1', port: silent.port } })
      return Object.assign(await client.on('error', () => {}).connect(), { duplicate })
    }
    const client = new Redis(primary.port).on('error', () => {})
    const duplicate = (options: object) => new Redis({ ...options, host: '127.0.0.1', port: silent.port })
    return Object.assign(client, { duplicate })
  }

  describe.each(['redis', 'ioredis'])('by %s', (name) => {
    let client: any
    beforeAll(async () => (client = await clientBy(name)))
    afterAll(() => client.disconnect())

    it('is left with no connection on which replicas would be waited for once the store is closed', async () => {
      const store = redisStore(client, { durability: { replicas: 1 } })
      const asked = [store.create(newRecord({ userId: null })), store.end(nobody, revoked())]
      for (const each of asked) each.catch(() => {})
      await left(1)
      await expect.poll(() => silent.connections().some(keepsAlive)).toBe(false)
      await store.close()
      await left(0)
      for (const each of asked) await expect(each).rejects.toThrow('did not open')
    })

    it.each(['before that was begun', 'before it was accepted'])(
      'is left with none when it is closed %s',
      async (when) => {
        const store = redisStore(client, { durability: { replicas: 1 } })
        const begun = new Promise<void>((resolve) => (noted = resolve))
        const asked = store.create(newRecord({ userId: null }))
        asked.catch(() => {})
        if (when === 'before it was accepted') await begun
        await store.close()
        await left(0)
        await expect(asked).rejects.toThrow(/closed|did not open/)
      },
    )

    it('is left with no connection that would listen once the store is closed, or nobody watches', async () => {
      for (const end of ['close', 'leave']) {
        const store = redisStore(client)
        const stop = store.watch!(() => {})
        await left(1)
        await expect.poll(() => silent.connections().some(keepsAlive)).toBe(false)
        if (end === 'close') await store.close()
        else stop()
        await left(0)
        await store.close()
      }
    })

    it('is given up after a while', async () => {
      const store = redisStore(client, { durability: { replicas: 1, within: 60 } })
      await expect(store.create(newRecord({ userId: null }))).rejects.toThrow('did not open')
      await left(0)
      await store.close()
    })
  })
})
