import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createRedisConnection } from '../../src/stores/redis/connection/connection.ts'
import type { RedisConnection } from '../../src/stores/redis/connection/types.ts'
import { createScript } from '../../src/stores/redis/lua.ts'
import { replyPairs } from '../../src/stores/redis/reply-pairs.ts'
import { readField } from '../../src/stores/redis/scripts/read.ts'
import { redisStore } from '../../src/stores/redis/store.ts'
import { changeOf, created, newRecord, revoked, taken } from '../support/records.ts'
import type { Connected } from '../support/redis-clients.ts'
import { askAll, calls, connectionsReceived, subscribers, type Primary } from '../support/redis-primaries.ts'
import { errorText } from '../support/error-text.ts'

interface ConnectionSuiteOptions {
  readonly primaries: () => readonly Primary[]
  /** Whether clients of this name can subscribe. @default all but valkey-glide */
  readonly subscribes?: (name: string) => boolean
  /** Whether clients of this name report the address of each server. */
  readonly reportsAddress: (name: string) => boolean
}

const isGlide = (name: string) => name.startsWith('valkey-glide')

const echo = createScript('return ARGV')
const keysOf = createScript('return KEYS')
const write = createScript(`redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV))
return 1`)
const writeField = createScript(`return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])`)
const writeText = createScript(`return redis.call('SET', KEYS[1], ARGV[1])`)
const unknownCommand = createScript(`return redis.call('NOSUCH', ARGV[1])`)

/** Clients give texts as strings or as bytes. This gives strings, at any depth. */
const texts = (reply: unknown): unknown =>
  Array.isArray(reply) ? reply.map(texts) : reply === null ? null : String(reply)

/**
 * Checks what `RedisConnection` promises, by each of some clients. Everything else of `redisStore` is the same for all
 * clients, so only one client of each family has to run the whole contract of a store.
 */
export function connectionSuite(
  clients: Readonly<Record<string, () => Promise<Connected>>>,
  { primaries, reportsAddress, subscribes = (name) => !isGlide(name) }: ConnectionSuiteOptions,
): void {
  describe.each(Object.entries(clients))('Connection by a client of %s', (name, connect) => {
    let first: Connected
    let connection: RedisConnection
    let another: RedisConnection
    let closeAll = () => {}

    beforeAll(async () => {
      first = await connect()
      const second = await connect()
      ;[connection, another] = [createRedisConnection(first.client), createRedisConnection(second.client)]
      closeAll = () => [first, second].forEach(({ close }) => close())
      for (const each of [connection, another]) await each.run(echo, [key('connected')], [])
    })
    afterAll(() => closeAll())

    const key = (text: string) => `${name} ${text}`

    it('run sends the text of a createScript only if the server does not know it', async () => {
      const ask = () => connection.run(echo, [key('unknown')], ['here'])

      await askAll(primaries(), 'SCRIPT', 'FLUSH')
      await askAll(primaries(), 'CONFIG', 'RESETSTAT')
      expect(texts(await ask())).toEqual(['here'])
      expect(await calls(primaries(), 'eval')).toBe(1)

      // A slot may have moved meanwhile to a primary that does not know the script.
      await askAll(primaries(), 'SCRIPT', 'LOAD', echo.text)
      await askAll(primaries(), 'CONFIG', 'RESETSTAT')
      expect(texts(await ask())).toEqual(['here'])
      expect([await calls(primaries(), 'evalsha'), await calls(primaries(), 'eval')]).toEqual([1, 0])
    })

    it('run sends arguments to the byte', async () => {
      const values = ['', 'ü', '\0', '\r\n', '1e5', '007', 'x'.repeat(100_000)]
      const many = Array.from({ length: 500 }, (_, at) => String(at))

      expect(texts(await connection.run(echo, [key('bytes')], values))).toEqual(values)
      expect(texts(await connection.run(echo, [key('bytes')], many))).toEqual(many)
    })

    it('run gives each kind of reply', async () => {
      const reply = (body: string) => connection.run(createScript(body), [key('replies')], [])

      expect(Number(await reply('return 1764515000000'))).toBe(1_764_515_000_000)
      expect((await reply('return nil')) ?? null).toBeNull()
      expect((await reply('return false')) ?? null).toBeNull()
      expect(await reply('return {}')).toEqual([])
      expect(texts(await reply(`return {{'a', false}, {}}`))).toEqual([['a', null], []])
    })

    it('run takes several keys of one server, in their order', async () => {
      const keys = ['{tag}one', '{tag}two', '{tag}three'].map(key)
      const { isCluster, keyPrefix } = connection

      expect(texts(await connection.run(keysOf, keys, []))).toEqual(keys.map((each) => keyPrefix + each))
      if (isCluster && !keyPrefix.includes('{')) {
        const apart = connection.run(keysOf, [key('{a}'), key('{b}')], [])
        await expect(apart).rejects.toThrow(/cross.?slot/i)
      }
    })

    it('readField gives the same as a script', async () => {
      const values = { one: 'ü\n\0', two: '', 'three é': '007' }
      await connection.run(write, [key('fields')], Object.entries(values).flat())

      for (const [field, value] of [...Object.entries(values), ['absent', null]] as [string, string | null][]) {
        expect(texts((await connection.readField(key('fields'), field)) ?? null)).toBe(value)
        expect(texts((await connection.run(readField, [key('fields')], [field])) ?? null)).toBe(value)
      }
      expect((await connection.readField(key('absent'), 'one')) ?? null).toBe(null)
    })

    it('readField reads the latest write, its own and that of others', async () => {
      const change = (by: RedisConnection, value: string) => by.run(write, [key('fresh')], ['field', value])
      const read = async () => texts(await connection.readField(key('fresh'), 'field'))

      for (let round = 0; round < 20; round++) {
        await change(connection, `own ${round}`)
        expect(await read()).toBe(`own ${round}`)
        await change(another, `other ${round}`)
        await first.catchUp?.()
        expect(await read()).toBe(`other ${round}`)
      }
    })

    it('keyPrefix is the beginning of keys in the server', async () => {
      await connection.run(write, [key('prefixed')], ['field', 'value'])
      const stored = async () => (await askAll(primaries(), 'KEYS', '*prefixed')).flat()
      await expect.poll(stored).toContain(connection.keyPrefix + key('prefixed'))
    })

    it('listPrimaries gives each primary once, and no replica', async () => {
      const nodes = await connection.listPrimaries()
      const ports = await Promise.all(
        nodes.map(async (ask) => Number(replyPairs((await ask('CONFIG', 'GET', 'port')) as object)[0]![1])),
      )
      const expected = primaries().map(({ port }) => port)

      expect(ports.toSorted()).toEqual(expected.toSorted())
      expect(connection.isCluster).toBe(expected.length > 1)
      expect(nodes.map(({ address }) => address?.port)).toEqual(
        reportsAddress(name) ? ports : ports.map(() => undefined),
      )
    })

    it('rejects with an error that names the failure, and no values', async () => {
      const text = key('text')
      await connection.run(writeText, [text], ['a text'])
      const errorOf = (call: Promise<unknown>) =>
        call.then(
          () => null,
          (error: unknown) => error,
        )
      const [node] = await connection.listPrimaries()

      for (const [error, message] of [
        [await errorOf(connection.run(writeField, [text], ['canary', 'canary'])), /wrong.?type/i],
        [await errorOf(connection.readField(text, 'field')), /wrong.?type/i],
        [await errorOf(connection.run(unknownCommand, [text], ['canary'])), /unknown.*command/i],
        [await errorOf(node!('NOSUCH', 'canary')), /unknown command/i],
      ] as const) {
        expect(error).toBeInstanceOf(Error)
        expect((error as Error).message).toMatch(message)
        expect(errorText(error)).not.toContain('canary')
      }
    })

    it('subscribe receives from two channels, notices a lost connection, and leaves none open', async () => {
      const { subscribe } = connection
      expect(subscribe !== null).toBe(subscribes(name))
      if (subscribe === null) return
      const channels = [key('channel 1'), key('channel 2')]
      const received = await connectionsReceived(primaries())
      await expect(subscribe(channels, vi.fn(), vi.fn(), AbortSignal.abort())).rejects.toThrow(/in time/)
      // Servers of a cluster also connect to each other, to move slots.
      if (!connection.isCluster) expect(await connectionsReceived(primaries())).toBe(received)

      const before = await subscribers(primaries()) // a sentinel is one
      const onMessage = vi.fn<(message: string) => void>()
      // Closed at once, as the store does it: left open, a client may connect again.
      const lost = vi.fn<() => void>().mockImplementationOnce(() => close())
      const close = await subscribe(channels, onMessage, lost, new AbortController().signal)
      for (const channel of channels) await primaries()[0]!.ask('PUBLISH', channel, `hello, ${channel}`)
      await expect.poll(() => onMessage.mock.calls.flat()).toEqual(channels.map((channel) => `hello, ${channel}`))
      expect(lost).not.toHaveBeenCalled()
      await askAll(primaries(), 'CLIENT', 'KILL', 'TYPE', 'pubsub')
      await expect.poll(() => lost.mock.calls.length).toBeGreaterThan(0)

      const closeSecond = await subscribe(channels, vi.fn(), vi.fn(), new AbortController().signal)
      await expect.poll(() => subscribers(primaries()), { timeout: 5000 }).toBe(before + 1)
      closeSecond()
      await expect.poll(() => subscribers(primaries()), { timeout: 5000 }).toBe(before)
    })

    it('loadConnector opens a connection to the server that has a key', async () => {
      expect(connection.loadConnector !== null).toBe(!isGlide(name))
      if (connection.loadConnector === null) return
      const { serverOf, knowsServer, open } = await connection.loadConnector()
      const stored = connection.keyPrefix + key('dedicated')
      const opened = async () => {
        // On a cluster whose slots move, the client learns from this where the key is now.
        await connection.run(write, [key('dedicated')], ['field', 'value'])
        const server = serverOf(stored)
        const own = await open(server, new AbortController().signal)
        const found = await own.send('EXISTS', stored).catch((error: unknown) => {
          own.close()
          throw error
        })
        return { own, found: Number(found), isKnown: knowsServer(server) }
      }

      const { own, found, isKnown } = await vi.waitFor(opened, { timeout: 5000 })
      expect([found, isKnown, own.isOpen]).toEqual([1, true, true])
      const id = String(await own.send('CLIENT', 'ID'))
      const [[, port]] = replyPairs((await own.send('CONFIG', 'GET', 'port')) as object) as [[string, string]]
      const primary = primaries().find((each) => each.port === Number(port))
      own.close()
      await expect.poll(async () => String(await primary?.ask('CLIENT', 'LIST', 'ID', id))).toBe('')
      await expect.poll(() => own.isOpen).toBe(false)
    })

    it('redisStore keeps a session from its beginning to its end', async () => {
      const store = redisStore(first.client, { prefix: key('life[1]:') })
      const [record, other] = [newRecord({ userId: 'ada' }), newRecord({ userId: 'ada' })]
      const ending = revoked()
      const soon = () => Date.now() + 5000
      const idsOfAll = async () => {
        const ids = new Set<string>()
        for await (const entry of store.all()) ids.add('cutoff' in entry ? `cutoff of ${entry.userId}` : entry.key.id)
        return ids
      }

      for (const each of [record, other]) expect(await store.create(each, {}, soon())).toEqual(created)
      expect(await store.read(record)).toEqual(record)
      expect(await store.update(record, record, changeOf(), soon())).toBe(2)
      expect(new Set((await store.list('ada')).map(({ id }) => id))).toEqual(new Set([record.id, other.id]))
      expect(await idsOfAll()).toEqual(new Set([record.id, other.id]))
      expect(await store.end(record, ending, soon())).toBe(true)
      expect(await store.read(record)).toEqual(ending)
      expect(await store.create(record, {}, soon())).toEqual(taken)
      expect((await store.list('ada')).map(({ id }) => id)).toEqual([other.id])
      expect(await store.endAll('ada', ending, null, soon())).toEqual({
        isDone: true,
        ended: [other.id],
        isConfirmed: true,
      })
      expect(await store.read(other)).toEqual(ending)
      expect(await store.list('ada')).toEqual([])
      expect(await idsOfAll()).toEqual(new Set([record.id, other.id, 'cutoff of ada']))
    })
  })
}
