import { createHiddenValues } from '../../util/hidden-values.ts'
import { escapeText } from '../shared/escape-text.ts'
import { isEnding, type Cutoff, type SessionKey, type SessionStore, type StoreEntry } from '../store.ts'
import { createConfigWarner } from './config-warnings.ts'
import type { RedisClient } from './connection/client-types.ts'
import { createRedisConnection } from './connection/connection.ts'
import { connectionFromUrl } from './connection/from-url.ts'
import { redisName } from './connection/redis-name.ts'
import { createCreate } from './create.ts'
import { createEnds } from './end.ts'
import { limitConcurrency } from './limit-concurrency.ts'
import { createRedisListener } from './listen.ts'
import { cutoffField, packCutoff, unpackInfo, unpackSession } from './packed-entry.ts'
import { beginWithoutWaiting, createDurability, type Durability } from './replicas/durability.ts'
import { createRunScript } from './run-script.ts'
import { scanAll } from './scan-all.ts'
import { putCutoff } from './scripts/end.ts'
import { list } from './scripts/read.ts'
import { createStamps } from './stamps.ts'
import { createUpdate } from './update.ts'
import type { WriteContext } from './write-context.ts'

export type {
  BunRedisClient,
  GlideClient,
  IoRedisClient,
  NodeRedisClient,
  RedisClient,
} from './connection/client-types.ts'
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
   * valkey-glide and Bun do not support it.
   *
   * @default none: the store does not wait for replicas
   */
  durability?: Durability | undefined
}

/** The store that {@link redisStore} returns. */
export interface RedisStore extends SessionStore {
  /** Yields every record, ending and cutoff, in any order, by SCAN on every primary. Each may come more than once. */
  all(): AsyncIterable<StoreEntry>
  /** Sets a user's cutoff, unless a later one is there. Rejects if too few replicas have it. */
  putCutoff(userId: string, cutoff: Cutoff): Promise<void>
  /** Closes all connections that the store opened; a client that you passed in stays open. */
  close(): Promise<void>
}

/**
 * Stores sessions in Redis or Valkey (6.2 or newer), on one server or a cluster. Takes a client of redis (5 or newer),
 * ioredis, iovalkey or @valkey/valkey-glide that the application made, or Bun's `RedisClient`. It also takes a URL. Then it connects
 * on the first call, with whichever of these clients is installed; on Bun, with its own if none is. Calls fail at once while there is
 * no connection.
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
  const warnAboutConfig = createConfigWarner(connection)
  const runScript = createRunScript(connection, warnAboutConfig)
  const unitKey = ({ id, userId }: SessionKey): string =>
    userId === null ? `${prefix}g:${id}` : `${prefix}u:${escapeText(userId)}`
  const prefixLength = Buffer.byteLength(connection.keyPrefix + prefix)
  const wordsOf: WriteContext['wordsOf'] = (...words) => [prefixLength, ...words.map((word) => word ?? '-')].join(' ')
  const createStamp = createStamps()
  const beginWrite = durable?.begin ?? beginWithoutWaiting(connection)
  const context = { connection, runScript, unitKey, wordsOf, createStamp, beginWrite }
  const listener = createRedisListener(connection, prefix)
  /** The values of records that `read` returned, from which `update` starts. */
  const values = createHiddenValues<string>()
  if (connection.isOpen) warnAboutConfig()

  return {
    name: redisName(client),

    create: createCreate(context),

    async read(key) {
      const reply = await connection.readField(unitKey(key), key.id)
      warnAboutConfig()
      if (reply == null) return null
      const value = String(reply)
      const found = unpackSession(key, value)
      if (!isEnding(found)) values.set(found, value)
      return found
    },

    update: createUpdate(context, (record) => values.get(record)),

    ...createEnds(context),

    async list(userId) {
      const [lines] = await runScript(list, unitKey({ id: '', userId }), undefined, wordsOf(cutoffField, createStamp()))
      const texts = (lines as unknown[]).map(String)
      return Array.from({ length: texts.length / 2 }, (_, at) =>
        unpackInfo({ id: texts[2 * at]!, userId }, texts[2 * at + 1]!.split(' ')),
      )
    },

    all: () => scanAll(connection, prefix, limitConcurrency(100)),

    async putCutoff(userId, cutoff) {
      const write = beginWrite(undefined)
      const words = wordsOf(cutoffField, createStamp())
      await runScript(putCutoff, unitKey({ id: '', userId }), undefined, words, [packCutoff(cutoff)], write)
      write.checkAcknowledged()
    },

    ...(listener && { watch: listener.watch }),

    async close() {
      listener?.close()
      durable?.close()
      await urlConnection?.close()
    },
  }
}
