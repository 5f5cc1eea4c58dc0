import { escapeText } from '../shared/escape-text.ts'
import { TooLate, type Ending, type SessionInfo, type SessionRecord, type SessionStore } from '../store.ts'
import { createConfigWarner } from './config-warnings.ts'
import { createRedisConnection } from './connection/connection.ts'
import { connectionFromUrl } from './connection/from-url.ts'
import type { RedisClient } from './connection/types.ts'
import { decodeRecordOrEnding, encodeChange, encodeEnding, encodeRecord } from './hash-fields.ts'
import { keyTtl } from './key-ttl.ts'
import { limitConcurrency } from './limit-concurrency.ts'
import { createRedisListener } from './listen.ts'
import type { Script } from './lua.ts'
import { createInfoReader } from './read-infos.ts'
import { beginWithoutWaiting, createDurability, type Durability, type DurableWrite } from './replicas/durability.ts'
import { scanAll } from './scan-all.ts'
import * as scripts from './scripts.ts'
import { createServerClocks } from './server-clocks.ts'

export type { GlideClient, IoRedisClient, NodeRedisClient, RedisClient } from './connection/types.ts'
export type { Durability } from './replicas/durability.ts'

/** Options of {@link redisStore}. */
export interface RedisStoreOptions {
  /**
   * What each key begins with. Two applications on one server need two.
   *
   * @default 'sojourn:'
   */
  prefix?: string | undefined
  /**
   * Waits for replicas, so that a failover undoes no sign-in, renewal or end that was said to be done: too few of them, and
   * the first two are answered with 503, an end is told as not confirmed, and repeated. Not for a client of valkey-glide.
   *
   * @default none
   */
  durability?: Durability | undefined
}

/** A store in Redis or Valkey. */
export interface RedisStore extends SessionStore {
  /** Gives every record and ending with its id, in any order, one perhaps more than once: by SCAN, at every primary. */
  all(): AsyncIterable<readonly [id: string, SessionRecord | Ending]>
  /** Closes all connections that were made here; a client that was passed in is its owner's to close. */
  close(): Promise<void>
}

/**
 * Keeps sessions in Redis or Valkey (6.2 or newer), one server or a cluster. Takes a client of redis (5 or newer), ioredis,
 * iovalkey or @valkey/valkey-glide that the application has made; or a URL, which connects with whichever of them is
 * installed when it is first needed, and fails at once while there is no connection.
 *
 * The server has to keep what it is given. It says on the console, once, what has to be set where it would drop sessions
 * when its memory is full, or writes nothing to disk.
 *
 * Reads and writes go to primaries, also where the client reads from replicas. With a client of redis that has a
 * `clientSideCache`, an unchanged session is read from memory, which is never more than a second behind the server.
 *
 * @throws `ERR_STORE_CLIENT` for what is no such client and no such URL; `ERR_OPTIONS` for a durability that makes no sense.
 * What is asked rejects with the client's own error, or with `ERR_STORE_CLIENT` where there is no client to connect with.
 */
export function redisStore(
  client: RedisClient | string,
  { prefix = 'sojourn:', durability }: RedisStoreOptions = {},
): RedisStore {
  const urlConnection = typeof client === 'string' ? connectionFromUrl(client) : null
  const connection = urlConnection ?? createRedisConnection(client)
  const sessionPrefix = `${prefix}session:`
  // One of many users is hot in a cluster, not all of them: each has a key, and so a place, of their own.
  const userKey = (escapedUser: string): string => `${prefix}user:${escapedUser}`
  const clocks = createServerClocks(connection.isCluster)
  const readInfos = createInfoReader(connection)
  const limit = limitConcurrency(100)
  const callId = scripts.createCallIds()
  const warnAboutConfig = createConfigWarner(connection)
  const durable = durability === undefined ? null : createDurability(connection, durability)
  const beginWrite = durable?.begin ?? beginWithoutWaiting(connection)
  const listener = createRedisListener(connection, prefix, sessionPrefix)
  if (connection.isOpen) warnAboutConfig()

  /** Carries a write out if the server is not past `until`. */
  async function runInTime(
    script: Script,
    key: string,
    until: number | undefined,
    lifetime: number,
    values: readonly string[],
    { run }: Pick<DurableWrite, 'run'> = connection,
  ): Promise<unknown[]> {
    for (let attempt = 1; ; attempt++) {
      const sent = performance.now()
      const deadlines = until === undefined ? '' : clocks.encodeDeadlines(until)
      const reply = await run(script, [key], [deadlines, String(lifetime), ...values])
      const [clockText, ...answer] = reply as unknown[]
      clocks.observe(String(clockText), sent)
      warnAboutConfig()
      if (String(answer[0]) !== 'late') return answer
      // Nothing was done. A server that was not heard of, or was set to another time, has now said what time it is there.
      if (attempt === 4 || Date.now() >= until!)
        throw new TooLate('Redis came to it when its caller had stopped waiting.')
    }
  }

  /**
   * Holds a session in its user's index, before it lives there or for longer. Resolves to until when, as the server counts;
   * to `'0'` where it is only changed, and too few replicas have that.
   */
  async function indexSession(
    user: string,
    id: string,
    lifetime: number,
    until: number | undefined,
    isChange = false,
  ): Promise<string> {
    // Half of the time is for the change itself.
    const write = beginWrite(isChange && until !== undefined ? (Date.now() + until) / 2 : until)
    const [indexedUntil] = await runInTime(scripts.index, userKey(user), until, lifetime, [id], write)
    // A change waits for no replica: it does not note what they lack, so that the next one asks for it again.
    if (isChange && !write.isAcknowledged) return '0'
    // Lost, it would hide a session from whoever ends all of its user's.
    write.checkAcknowledged()
    return String(indexedUntil)
  }

  return {
    async create(record, until) {
      const { id, userId } = record
      const lifetime = keyTtl(record.expiresAt - record.lastSeenAt)
      const fields = [...callId(), ...encodeRecord(record)]
      if (userId !== null) fields.push('indexedUntil', await indexSession(escapeText(userId), id, lifetime, until))
      const write = beginWrite(until)
      const [created] = await runInTime(scripts.create, sessionPrefix + id, until, lifetime, fields, write)
      if (Number(created) !== 1) return false
      write.checkAcknowledged()
      return true
    },

    async read(id) {
      const reply = await connection.readHash(sessionPrefix + id)
      warnAboutConfig()
      return decodeRecordOrEnding(id, reply)
    },

    async update(id, { secretHash, version }, change, until) {
      const lifetime = keyTtl(change.expiresAt - change.lastSeenAt)
      const { put: fields, removed, isNewer } = encodeChange(change)
      const put = [...callId(), ...fields]
      const held = [escapeText(secretHash), version === undefined ? '' : String(version)]
      const renewed = change.secretHash === undefined ? '' : id
      const values = [isNewer ? '1' : '0', String(put.length), renewed, ...put, ...removed]
      const key = sessionPrefix + id
      const write = change.secretHash === undefined ? beginWithoutWaiting(connection)(until) : beginWrite(until)
      const isRenewal = write.waitsForReplicas && change.secretHash !== secretHash
      const oldFields: string[] = []
      if (isRenewal) {
        // Once written it has cost the old cookie its session: so where replicas do not answer, it is not written at all.
        const [signedInAt] = await runInTime(scripts.rewriteUnchanged, key, until, lifetime, [], write)
        write.checkAcknowledged()
        oldFields.push('secretHash', held[0]!, ...(signedInAt == null ? [] : ['signedInAt', String(signedInAt)]))
      }
      let answer = await runInTime(scripts.update, key, until, lifetime, [...held, '', ...values], write)
      if (String(answer[0]) === 'index') {
        const indexedUntil = await indexSession(String(answer[1]), id, lifetime, until, !write.waitsForReplicas)
        answer = await runInTime(scripts.update, key, until, lifetime, [...held, indexedUntil, ...values], write)
      }
      if (answer[0] == null) return null
      if (isRenewal && !write.isAcknowledged) {
        // They have stopped meanwhile, and nobody gets the new cookie. Nobody waits for this either: it has no deadline.
        const undoFields = [...callId(), ...oldFields]
        const undoValues = [escapeText(change.secretHash!), '', '0', '0', String(undoFields.length), id, ...undoFields]
        await runInTime(scripts.update, key, undefined, lifetime, undoValues).catch(() => {})
      }
      write.checkAcknowledged()
      return Number(answer[0])
    },

    async end(id, ending, until) {
      const lifetime = keyTtl(ending.expiresAt - ending.endedAt)
      const write = beginWrite(until)
      const fields = [...callId(), ...encodeEnding(id, ending)]
      const [ended, user] = await runInTime(scripts.end, sessionPrefix + id, until, lifetime, fields, write)
      // For shorter lists, and nobody waits for it: the ending is what counts, and an index drops by itself what is old.
      if (user != null) connection.run(scripts.unindex, [userKey(String(user))], [id]).catch(() => {})
      if (Number(ended) === 1) return write.isAcknowledged || 'unconfirmed'
      // Of what had ended before: whoever asks again wants to know that it stays so.
      write.checkAcknowledged()
      return false
    },

    async list(userId) {
      const ids = (await connection.run(scripts.listIds, [userKey(escapeText(userId))], [])) as unknown[]
      const infos = await readInfos(ids.map((id) => sessionPrefix + String(id)))
      // An id that was taken is in the index of whoever wanted it too.
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
