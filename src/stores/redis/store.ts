import { escapeText } from '../shared/escape-text.ts'
import type { Ending, SessionInfo, SessionRecord, SessionStore } from '../store.ts'
import { createConfigWarner } from './config-warnings.ts'
import type { RedisClient } from './connection/client-types.ts'
import { createRedisConnection } from './connection/connection.ts'
import { connectionFromUrl } from './connection/from-url.ts'
import { createEnd } from './end.ts'
import { decodeRecordOrEnding, encodeRecord } from './hash-fields.ts'
import { keyTtl } from './key-ttl.ts'
import { limitConcurrency } from './limit-concurrency.ts'
import { createRedisListener } from './listen.ts'
import { createInfoReader } from './read-infos.ts'
import { beginWithoutWaiting, createDurability, type Durability } from './replicas/durability.ts'
import { createRunScript } from './run-script.ts'
import { scanAll } from './scan-all.ts'
import * as scripts from './scripts.ts'
import { createUpdate } from './update.ts'
import { createUserIndex } from './user-index.ts'

export type { GlideClient, IoRedisClient, NodeRedisClient, RedisClient } from './connection/client-types.ts'
export type { Durability } from './replicas/durability.ts'

/** Options of {@link redisStore}. */
export interface RedisStoreOptions {
  /**
   * The prefix of each key. Two applications on one server need different prefixes.
   *
   * @default 'sojourn:'
   */
  prefix?: string | undefined
  /**
   * Waits for replicas, so that a failover does not undo a sign-in, renewal or ending that was confirmed. If too few
   * replicas answer, a sign-in or renewal fails with 503. An ending is reported as not confirmed, and repeated. Clients of
   * valkey-glide do not support it.
   *
   * @default none: the store does not wait for replicas
   */
  durability?: Durability | undefined
}

/** The store that {@link redisStore} returns. */
export interface RedisStore extends SessionStore {
  /** Yields every record and ending with its id, in any order, by SCAN on every primary. An id may come more than once. */
  all(): AsyncIterable<readonly [id: string, SessionRecord | Ending]>
  /** Closes all connections that the store opened; a client that you passed in stays open. */
  close(): Promise<void>
}

/**
 * Stores sessions in Redis or Valkey (6.2 or newer), on one server or a cluster. Takes a client of redis (5 or newer),
 * ioredis, iovalkey or @valkey/valkey-glide that the application made. It also takes a URL. Then it connects on the first
 * call, with whichever of these clients is installed, and calls fail at once while there is no connection.
 *
 * The server must not lose data. If its settings drop sessions when its memory is full, or it writes nothing to disk, the
 * store prints a warning on the console, once, with the command that changes the setting.
 *
 * Reads and writes go to primaries, even if the client reads from replicas. With a client of redis that has a
 * `clientSideCache`, an unchanged session is read from that cache, which is at most one second old.
 *
 * @throws `ERR_STORE_CLIENT` if the client or URL is not one of these; `ERR_OPTIONS` if an option of `durability` is out of
 * range. The methods reject with the client's own error, or with `ERR_STORE_CLIENT` if no client is installed.
 */
export function redisStore(
  client: RedisClient | string,
  { prefix = 'sojourn:', durability }: RedisStoreOptions = {},
): RedisStore {
  const urlConnection = typeof client === 'string' ? connectionFromUrl(client) : null
  const connection = urlConnection ?? createRedisConnection(client)
  const durable = durability === undefined ? null : createDurability(connection, durability)
  const sessionPrefix = `${prefix}session:`
  const warnAboutConfig = createConfigWarner(connection)
  const runScript = createRunScript(connection, warnAboutConfig)
  const beginWrite = durable?.begin ?? beginWithoutWaiting(connection)
  const userIndex = createUserIndex(connection, prefix, runScript, beginWrite)
  const callId = scripts.createCallIds()
  const context = { connection, sessionPrefix, runScript, userIndex, beginWrite, callId }
  const readInfos = createInfoReader(connection)
  const limit = limitConcurrency(100)
  const listener = createRedisListener(connection, prefix, sessionPrefix)
  if (connection.isOpen) warnAboutConfig()

  return {
    async create(record, until) {
      const { id, userId } = record
      const ttlMs = keyTtl(record.expiresAt - record.lastSeenAt)
      const fields = [...callId(), ...encodeRecord(record)]
      if (userId !== null) fields.push('indexedUntil', await userIndex.add(escapeText(userId), id, ttlMs, until))
      const write = beginWrite(until)
      const [created] = await runScript(scripts.create, sessionPrefix + id, until, ttlMs, fields, write)
      if (Number(created) !== 1) return false
      write.checkAcknowledged()
      return true
    },

    async read(id) {
      const reply = await connection.readHash(sessionPrefix + id)
      warnAboutConfig()
      return decodeRecordOrEnding(id, reply)
    },

    update: createUpdate(context),

    end: createEnd(context),

    async list(userId) {
      const ids = await userIndex.listIds(userId)
      const infos = await readInfos(ids.map((id) => sessionPrefix + id))
      // If an id was already taken when a session was created, the index of that user still contains it.
      return infos.filter((info): info is SessionInfo => info?.userId === userId)
    },

    all: () => scanAll(connection, sessionPrefix, limit),

    ...(listener && { watch: listener.watch }),

    async close() {
      listener?.close()
      durable?.close()
      await urlConnection?.close()
    },
  }
}
