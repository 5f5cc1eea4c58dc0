import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createSessions, type Session } from '../../../src/index.ts'
import { redisStore, type RedisStore } from '../../../src/stores/redis/store.ts'
import type { SessionRecord } from '../../../src/stores/store.ts'
import {
  describeRedis,
  describeValkey,
  startRedis,
  valkeyServer,
  type RedisServer,
} from '../../support/servers/redis.ts'
import { changeOf, day, newRecord, pause, revoked } from '../../support/records.ts'
import { secret } from '../../support/sessions.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'

interface Traffic {
  /** The commands that were sent. A script is one command. */
  readonly commands: readonly string[]
  readonly roundTrips: number
  readonly sent: number
  readonly received: number
}

/** A client behind a proxy that counts. */
interface Counted {
  readonly client: any
  count(call: () => Promise<unknown>): Promise<Traffic>
  close(): Promise<void>
}

const ways: Readonly<Record<string, (port: number) => Promise<any>>> = {
  redis: (port) => createClient({ socket: { host: '127.0.0.1', port } }).connect(),
  ioredis: async (port) => new Redis({ host: '127.0.0.1', port }),
}

async function connect(port: number, way: (port: number) => Promise<any>): Promise<Counted> {
  let sent = Buffer.alloc(0)
  let received = 0
  let roundTrips = 0
  let isAnswered = true
  const proxy: TcpProxy = await startTcpProxy(port, () => ({
    toServer(bytes) {
      sent = Buffer.concat([sent, bytes])
      if (isAnswered) roundTrips++
      isAnswered = false
    },
    toClient(bytes) {
      received += bytes.length
      isAnswered = true
    },
  }))
  const client = await way(proxy.port)
  // The store asks for the server's settings once, and the client says who it is.
  await redisStore(client).read({ id: 'none', userId: null })
  await pause(100)
  return {
    client,
    async count(call) {
      ;[sent, received, roundTrips] = [Buffer.alloc(0), 0, 0]
      await call()
      const commands = [...sent.toString('latin1').matchAll(/\*\d+\r\n\$\d+\r\n([a-z]+)\r\n/gi)]
      return { commands: commands.map(([, name]) => name!.toUpperCase()), roundTrips, sent: sent.length, received }
    },
    async close() {
      client.disconnect()
      await proxy.stop()
    },
  }
}

const cart = Array.from({ length: 16 }, (_, at) => ({ sku: `sku-${1000 + at}`, title: 'Oolong tea', quantity: at }))
const sizes = { small: { personId: 42 }, '1 KB': { personId: 42, cart, theme: 'dark' } }

/** A record of a session that begins now, of the usual lengths. */
const recordOf = (data: object): SessionRecord =>
  newRecord({
    id: 'i'.repeat(22),
    secretHash: 'h'.repeat(43),
    userId: '100001',
    label: null,
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, JSON.stringify(value)])),
  })

/** The text that connect-redis 9 sends for express-session whose cookie has a `maxAge`. */
const peer = (client: any) => {
  const key = `sess:${'k'.repeat(32)}`
  const cookie = { originalMaxAge: day, expires: new Date(), httpOnly: true, path: '/' }
  const ask = (...command: string[]) =>
    'sendCommand' in client && 'isReady' in client ? client.sendCommand(command) : client.call(...command)
  return {
    signIn: (data: object) => ask('SET', key, JSON.stringify({ cookie, ...data }), 'EX', '86400'),
    async read() {
      await ask('GET', key)
      await ask('EXPIRE', key, '86400')
    },
    async change(data: object) {
      await ask('GET', key)
      await ask('SET', key, JSON.stringify({ cookie, ...data }), 'EX', '86400')
    },
  }
}

for (const [server, describeServer, program] of [
  ['Redis', describeRedis, undefined],
  ['Valkey', describeValkey, valkeyServer],
] as const) {
  describeServer(`the cost of a request at ${server}`, () => {
    let server: RedisServer
    beforeAll(async () => {
      server = await startRedis({ program })
    })
    afterAll(() => server.stop())

    describe.each(Object.entries(ways))('by a client of %s', (_name, way) => {
      let counted: Counted
      let store: RedisStore
      beforeAll(async () => {
        counted = await connect(server.port, way)
        store = redisStore(counted.client)
        // So that the server knows the scripts, and the store the server's clock.
        const record = newRecord()
        await store.create(record, {}, soon())
        await store.update(record, record, changeOf(), soon())
        await store.list(record.userId!)
        await store.endAll(record.userId!, revoked(), null, soon())
        await store.end(record, revoked(), soon())
      })
      beforeEach(() => server.ask('FLUSHDB'))
      afterAll(() => counted.close())

      const soon = () => Date.now() + 5000
      const limit = { max: 1000, ending: { ...revoked(), ended: 'limit' } } as const
      const signIn = (record: SessionRecord) =>
        store.create(record, { openedAt: performance.now() - 250, limit }, soon())
      async function change(record: SessionRecord): Promise<number | null> {
        const found = (await store.read(record)) as SessionRecord
        return store.update(
          record,
          { secretHash: found.secretHash, record: found },
          changeOf({ set: { personId: '7' } }),
          soon(),
        )
      }

      it('is one command to read, sign in, sign out, revoke one or all, and list; and two to change', async () => {
        const [record, other] = [newRecord({ userId: 'ada' }), newRecord({ userId: 'ada' })]
        const guest = newRecord({ userId: null })
        const costOf = async (call: () => Promise<unknown>) => {
          const { commands, roundTrips } = await counted.count(call)
          return [commands.join(' '), roundTrips]
        }

        expect(await costOf(() => signIn(record))).toEqual(['EVALSHA', 1])
        expect(await costOf(() => signIn(other))).toEqual(['EVALSHA', 1])
        expect(await costOf(() => signIn(guest))).toEqual(['EVALSHA', 1])
        expect(await costOf(() => store.read(record))).toEqual(['HGET', 1])
        expect(await costOf(() => store.read(guest))).toEqual(['HGET', 1])
        expect(await costOf(() => change(record))).toEqual(['HGET EVALSHA', 2])
        expect(await costOf(() => store.list('ada'))).toEqual(['EVALSHA', 1])
        expect(await costOf(() => store.end(record, revoked(), soon()))).toEqual(['EVALSHA', 1])
        expect(await costOf(() => store.endAll('ada', revoked(), null, soon()))).toEqual(['EVALSHA', 1])
      })

      it.each([
        ['small', { signIn: 1.6, read: 1.05, change: 1.2 }],
        ['1 KB', { signIn: 1.15, read: 1.05, change: 0.65 }],
      ] as const)('is few bytes beside connect-redis: %s', async (size, limits) => {
        const data = sizes[size]
        const record = recordOf(data)
        const { signIn: peerSignIn, read: peerRead, change: peerChange } = peer(counted.client)
        const countAll = ({ sent, received }: Traffic) => sent + received
        const ratioOf = async (own: () => Promise<unknown>, others: () => Promise<unknown>, bytesOf = countAll) =>
          bytesOf(await counted.count(own)) / bytesOf(await counted.count(others))

        const signInRatio = await ratioOf(
          () => signIn(record),
          () => peerSignIn(data),
        )
        const readRatio = await ratioOf(
          () => store.read(record),
          peerRead,
          ({ received }) => received,
        )
        const changeRatio = await ratioOf(
          () => change(record),
          () => peerChange({ ...data, personId: 7 }),
        )
        expect(signInRatio).toBeLessThan(limits.signIn)
        expect(readRatio).toBeLessThan(limits.read)
        expect(changeRatio).toBeLessThan(limits.change)
      })

      it('is that for whole requests too', async () => {
        // Without heartbeats, which are commands of their own.
        const { watch: _watch, ...unwatched } = store
        const sessions = createSessions({ store: unwatched, secrets: [secret('one')], onEvent() {} })
        let cookie = ''
        async function visit(handle: (session: Session) => unknown): Promise<string> {
          const { commands } = await counted.count(async () => {
            const session = await sessions.open(cookie)
            handle(session)
            const [header] = (await sessions.commit(session)).getSetCookie()
            if (header !== undefined) cookie = header.split(';')[0]!
          })
          return commands.join(' ')
        }

        expect(await visit((session) => session.signIn('ada'))).toBe('EVALSHA')
        expect(await visit((session) => session.data)).toBe('HGET')
        expect(await visit((session) => (session.data['theme'] = 'dark'))).toBe('HGET EVALSHA')
        expect(await visit((session) => (session.data['theme'] = 'light'))).toBe('HGET EVALSHA')
        expect(await visit((session) => session.renew())).toBe('HGET EVALSHA')
        expect(await visit((session) => session.signOut())).toBe('HGET EVALSHA')
      })

      it('is one script more if another request was faster', async () => {
        const record = recordOf(sizes.small)
        await signIn(record)
        const found = (await store.read(record)) as SessionRecord
        await change(record)
        const held = { secretHash: found.secretHash, record: found }
        const { commands } = await counted.count(() =>
          store.update(record, held, changeOf({ set: { theme: '1' } }), soon()),
        )

        expect(commands).toEqual(['EVALSHA', 'EVALSHA'])
        expect(await store.read(record)).toMatchObject({ version: 3, data: { personId: '7', theme: '1' } })
      })

      it('is one script more if the caller has not read the record', async () => {
        const record = recordOf(sizes.small)
        await signIn(record)
        const { commands } = await counted.count(() => store.update(record, record, changeOf(), soon()))

        expect(commands).toEqual(['EVALSHA', 'EVALSHA'])
      })
    })
  })
}
