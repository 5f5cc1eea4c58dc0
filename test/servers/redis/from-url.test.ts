import { inspect } from 'node:util'
import { Logger } from '@valkey/valkey-glide'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { createLazyConnection } from '../../../src/stores/redis/connection/lazy.ts'
import { type LazyConnection } from '../../../src/stores/redis/connection/types.ts'
import { openRedis } from '../../../src/stores/redis/connection/open.ts'
import { parseRedisUrl } from '../../../src/stores/redis/connection/parse-url.ts'
import { readUnit } from '../../../src/stores/redis/scripts/read.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { freePort } from '../../support/servers/server.ts'
import { created, newRecord, pause, revoked } from '../../support/records.ts'

// It would print each call that takes too long.
Logger.setLoggerConfig('off')

const packages = ['redis', 'ioredis', 'iovalkey', '@valkey/valkey-glide']
const password = "p@ss/w:ö'rd#%?&"
const userinfo = `:${encodeURIComponent(password)}@`

/** Loads one package, as where no other is installed. */
const only = (installed: string) => (name: string) =>
  name === installed
    ? import(name)
    : Promise.reject(Object.assign(new Error(`Cannot find package '${name}'`), { code: 'ERR_MODULE_NOT_FOUND' }))

const lazily = (url: string, installed: string): LazyConnection =>
  createLazyConnection(() => openRedis(parseRedisUrl(url), only(installed)))

/** How the clients say that there is no server. */
const away = /offline|writeable|closed|ECONN|timed out|refused|max retries|unavailable/i

const time = (connection: LazyConnection) => connection.run(readUnit, ['key'], [])

describeRedis('redisStore of a URL', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis({ password })
  })
  afterAll(() => server.stop())
  const url = (user = userinfo) => server.url.replace('//', `//${user}`)

  it('connects when it is first needed, keeps sessions, and closes', async () => {
    const store = redisStore(`${url()}/3`)
    const record = newRecord()
    expect(await store.create(record, {}, Date.now() + 5000)).toEqual(created)
    expect(await store.read(record)).toEqual(record)
    expect(await store.list(record.userId!)).toHaveLength(1)
    expect(await store.end(record, revoked())).toBe(true)
    const all = []
    for await (const entry of store.all()) all.push('key' in entry && entry.key.id)
    expect(all).toEqual([record.id])
    expect(await server.ask('INFO', 'keyspace')).toMatch(/db3:keys=/)
    await store.close()
    await expect(store.read(record)).rejects.toThrow('closed')
    await store.close()
  })

  it('need not be reached to be closed', async () => {
    await redisStore('redis://127.0.0.1:1').close()
  })

  it.each([
    'http://localhost',
    'redis:',
    'redis://',
    'localhost:6379',
    '',
    'redis://:secret@localhost/one',
    'redis://:secret@localhost/1/2',
    'redis://:secret%@localhost',
    'redis://:secret@localhost:port',
  ])('rejects %j at once, without its password', (text) => {
    expect(() => redisStore(text)).toThrow(expect.objectContaining({ code: 'ERR_STORE_CLIENT' }))
    expect(() => redisStore(text)).not.toThrow(/secret/)
  })

  it('reads the URL as clients do', () => {
    expect(parseRedisUrl('rediss://ada:p%40ss@[::1]:7000/5')).toEqual({
      host: '::1',
      port: 7000,
      username: 'ada',
      password: 'p@ss',
      database: 5,
      tls: true,
    })
    expect(parseRedisUrl('redis://localhost')).toMatchObject({
      port: 6379,
      password: undefined,
      database: 0,
      tls: false,
    })
  })

  it('says what to install where there is no client', async () => {
    const store = lazily(url(), 'none')
    await expect(time(store)).rejects.toThrow(/npm install redis/)
    await expect(time(store)).rejects.toMatchObject({ code: 'ERR_STORE_CLIENT' })
  })

  it('takes the first that is installed', async () => {
    const asked: string[] = []
    const load = (name: string) => {
      asked.push(name)
      return only('@valkey/valkey-glide')(name)
    }
    const { close } = await openRedis(parseRedisUrl(url()), load)
    await close()
    expect(asked).toEqual(packages)
  })

  describe.each(packages)('by %s', (name) => {
    it('connects with a password of any characters', async () => {
      const connection = lazily(url(), name)
      await expect(time(connection)).resolves.toEqual([])
      expect(connection.isOpen).toBe(true)
      await connection.close()
    })

    it('says that the password is wrong, and not which', async () => {
      const wrong = 'wrong-and-secret'
      const connection = lazily(url(`:${wrong}@`), name)
      for (let time_ = 0; time_ < 2; time_++) {
        const error: unknown = await time(connection).catch((reason: unknown) => reason)
        expect(error).toBeInstanceOf(Error)
        expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(wrong)
        if (time_ === 0) expect(String(error)).toMatch(/WRONGPASS|AuthenticationFailed|invalid/i)
      }
      await connection.close()
    })

    it('fails at once while the server is away, and is there when it is', async () => {
      const port = await freePort()
      const own = await startRedis({ port })
      const connection = lazily(own.url, name)
      await time(connection)
      await own.kill()
      // So long that it tries again only now and then.
      await pause(1000)
      const times: number[] = []
      for (let tries = 0; tries < 8; tries++) {
        const began = performance.now()
        await expect(time(connection)).rejects.toThrow(away)
        times.push(performance.now() - began)
      }
      // glide gives each a quarter of a second. A busy machine makes some slower, but not all.
      expect(times.toSorted((one, other) => one - other)[3]).toBeLessThan(name.endsWith('glide') ? 500 : 70)
      await own.restart()
      await expect.poll(() => time(connection).catch(() => null), { timeout: 10_000 }).not.toBe(null)
      await connection.close()
      await own.stop()
    })

    it('reports the reason at first if the server is not there yet, and connects when it is', async () => {
      const port = await freePort()
      const connection = lazily(`redis://127.0.0.1:${port}`, name)
      await expect(time(connection)).rejects.toThrow(away)
      const own = await startRedis({ port })
      await expect.poll(() => time(connection).catch(() => null), { timeout: 10_000 }).not.toBe(null)
      await connection.close()
      await own.stop()
    })

    it('shows nothing that was to be kept in an error', async () => {
      const connection = lazily(url(), name)
      const script = { text: "return redis.error_reply('no')", sha: '0'.repeat(40), tagOf: () => '' }
      const error: unknown = await connection
        .run(script, ['key'], ['kept-and-secret'])
        .catch((reason: unknown) => reason)
      expect(String(error)).toContain('no')
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('kept-and-secret')
      await connection.close()
    })
  })
})
