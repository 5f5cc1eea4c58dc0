import { createClient, createCluster } from 'redis'
import { Cluster, Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { redisStore, type RedisClient } from '../../../../src/stores/redis/store.ts'
import { createRedisConnection } from '../../../../src/stores/redis/connection/connection.ts'
import { readField } from '../../../../src/stores/redis/scripts/read.ts'

describe('redisStore', () => {
  it.each([undefined, null, 7, {}, [], () => {}, { get() {}, set() {} }, { call() {} }, new Map()])(
    'refuses %j at once, and names the clients that it takes',
    (client) => {
      expect(() => redisStore(client as unknown as RedisClient)).toThrow(
        expect.objectContaining({
          code: 'ERR_STORE_CLIENT',
          message:
            "redisStore takes a client of redis (5 or newer), ioredis, iovalkey or @valkey/valkey-glide, Bun's RedisClient, or a URL: redisStore('redis://localhost:6379').",
        }),
      )
    },
  )
})

describe('a client that reads from replicas', () => {
  const rootNodes = [{ socket: { host: '127.0.0.1', port: 1 } }]

  it.each([
    ['redis', createCluster({ rootNodes, useReplicas: true }), 'evalSha', 'hGet'],
    [
      'redis, with unknown options',
      Object.assign(Object.create({ nodeClient() {} }), { eval() {} }),
      'evalSha',
      'hGet',
    ],
    ['ioredis', new Cluster([], { lazyConnect: true, scaleReads: 'slave' }), 'evalsha', 'hget'],
  ])('of %s is asked by a script, because scripts go to the primary', async (_name, client, script, plain) => {
    const called: unknown[] = []
    for (const name of [script, plain]) {
      Object.defineProperty(client, name, {
        value: async (...args: unknown[]) => {
          called.push([name, args[0]])
          return ['key', 'value']
        },
      })
    }
    expect(await createRedisConnection(client).readField('key', 'field')).toBe('value')
    expect(called).toEqual([[script, readField.sha]])
  })
})

describe('a client that reads from memory', () => {
  it.each([
    ['succeeded', () => Promise.resolve(['app:key', []])],
    ['may have succeeded', () => Promise.reject(new Error('lost'))],
  ])('forgets the key of a script that %s, before the reply is known', async (_name, evalSha) => {
    const forgotten: unknown[] = []
    const client = {
      evalSha,
      eval: evalSha,
      hGet: () => Promise.resolve(null),
      _keyPrefix: 'app:',
      clientSideCache: { invalidate: (key: unknown) => forgotten.push(key) },
    }
    await createRedisConnection(client)
      .run(readField, ['key'], ['field'])
      .catch(() => {})
    expect(forgotten).toEqual(['app:key'])
  })
})

describe('a client that rejects because a key has moved', () => {
  it.each(['MOVED 7277 127.0.0.1:7000', 'ASK 7277 127.0.0.1:7000', 'An error was signalled by the server: - Moved: 7'])(
    'is asked again after %s',
    async (message) => {
      let asked = 0
      const customCommand = async () => {
        if (++asked < 3) throw new Error(message)
        return ['key', 'value']
      }
      expect(await createRedisConnection({ customCommand }).readField('key', 'field')).toBe('value')
    },
  )
})

describe('a client that has not connected yet', () => {
  it.each([
    ['redis', createClient()],
    ['ioredis', new Redis({ lazyConnect: true })],
  ])('of %s is not open', (_name, client) => {
    expect(createRedisConnection(client).isOpen).toBe(false)
  })
})
