import { TooLate, type Ending, type SessionInfo, type SessionRecord, type SessionStore } from '../store.ts'
import { allOf } from './scan-all.ts'
import { atMost } from './limit-concurrency.ts'
import { byUrl } from './connection/from-url.ts'
import { connectionOf } from './connection/connection.ts'
import { type RedisClient } from './connection/types.ts'
import { createClocks } from './server-clocks.ts'
import { createDurability, waitingForNone, type Durability, type Write } from './replicas/durability.ts'
import { changedFields, endingFields, foundIn, recordFields } from './hash-fields.ts'
import { generous } from './key-ttl.ts'
import { listeningBy } from './listen.ts'
import { createListing } from './read-infos.ts'
import type { Script } from './lua.ts'
import * as scripts from './scripts.ts'
import { warnOnce } from './config-warnings.ts'
import { spelled } from '../shared/escape-text.ts'

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
  const lazy = typeof client === 'string' ? byUrl(client) : null
  const connection = lazy ?? connectionOf(client)
  const sessions = `${prefix}session:`
  // One of many users is hot in a cluster, not all of them: each has a key, and so a place, of their own.
  const userKey = (spelledUser: string): string => `${prefix}user:${spelledUser}`
  const clocks = createClocks(connection.isCluster)
  const infosOf = createListing(connection)
  const ofMany = atMost(100)
  const by = scripts.createCalls()
  const warn = warnOnce(connection)
  const durable = durability === undefined ? null : createDurability(connection, durability)
  const begin = durable?.begin ?? waitingForNone(connection)
  const listening = listeningBy(connection, prefix, sessions)
  if (connection.isOpen) warn()

  /** Carries a write out if the server is not past `until`. */
  async function step(
    script: Script,
    key: string,
    until: number | undefined,
    lifetime: number,
    values: readonly string[],
    { run }: Pick<Write, 'run'> = connection,
  ): Promise<unknown[]> {
    for (let tries = 1; ; tries++) {
      const sent = performance.now()
      const deadlines = until === undefined ? '' : clocks.deadlines(until)
      const reply = await run(script, [key], [deadlines, String(lifetime), ...values])
      const [told, ...answer] = reply as unknown[]
      clocks.heard(String(told), sent)
      warn()
      if (String(answer[0]) !== 'late') return answer
      // Nothing was done. A server that was not heard of, or was set to another time, has now said what time it is there.
      if (tries === 4 || Date.now() >= until!)
        throw new TooLate('Redis came to it when its caller had stopped waiting.')
    }
  }

  /**
   * Holds a session in its user's index, before it lives there or for longer. Resolves to until when, as the server counts;
   * to `'0'` where it is only changed, and too few replicas have that.
   */
  async function index(
    user: string,
    id: string,
    lifetime: number,
    until: number | undefined,
    isChange = false,
  ): Promise<string> {
    // Half of the time is for the change itself.
    const write = begin(isChange && until !== undefined ? (Date.now() + until) / 2 : until)
    const [heldUntil] = await step(scripts.index, userKey(user), until, lifetime, [id], write)
    // A change waits for no replica: it does not note what they lack, so that the next one asks for it again.
    if (isChange && !write.isAcknowledged) return '0'
    // Lost, it would hide a session from whoever ends all of its user's.
    write.check()
    return String(heldUntil)
  }

  return {
    async create(record, until) {
      const { id, userId } = record
      const lifetime = generous(record.expiresAt - record.lastSeenAt)
      const fields = [...by(), ...recordFields(record)]
      if (userId !== null) fields.push('indexedUntil', await index(spelled(userId), id, lifetime, until))
      const write = begin(until)
      const [created] = await step(scripts.create, sessions + id, until, lifetime, fields, write)
      if (Number(created) !== 1) return false
      write.check()
      return true
    },

    async read(id) {
      const reply = await connection.hash(sessions + id)
      warn()
      return foundIn(id, reply)
    },

    async update(id, { secretHash, version }, change, until) {
      const lifetime = generous(change.expiresAt - change.lastSeenAt)
      const { put: fields, removed, isNewer } = changedFields(change)
      const put = [...by(), ...fields]
      const held = [spelled(secretHash), version === undefined ? '' : String(version)]
      const renewed = change.secretHash === undefined ? '' : id
      const values = [isNewer ? '1' : '0', String(put.length), renewed, ...put, ...removed]
      const key = sessions + id
      const write = change.secretHash === undefined ? waitingForNone(connection)(until) : begin(until)
      const renews = write.waits && change.secretHash !== secretHash
      const before: string[] = []
      if (renews) {
        // Once written it has cost the old cookie its session: so where replicas do not answer, it is not written at all.
        const [signedInAt] = await step(scripts.same, key, until, lifetime, [], write)
        write.check()
        before.push('secretHash', held[0]!, ...(signedInAt == null ? [] : ['signedInAt', String(signedInAt)]))
      }
      let answer = await step(scripts.update, key, until, lifetime, [...held, '', ...values], write)
      if (String(answer[0]) === 'index') {
        const indexedUntil = await index(String(answer[1]), id, lifetime, until, !write.waits)
        answer = await step(scripts.update, key, until, lifetime, [...held, indexedUntil, ...values], write)
      }
      if (answer[0] == null) return null
      if (renews && !write.isAcknowledged) {
        // They have stopped meanwhile, and nobody gets the new cookie. Nobody waits for this either: it has no deadline.
        const back = [...by(), ...before]
        const theirs = [spelled(change.secretHash!), '', '0', '0', String(back.length), id, ...back]
        await step(scripts.update, key, undefined, lifetime, theirs).catch(() => {})
      }
      write.check()
      return Number(answer[0])
    },

    async end(id, ending, until) {
      const lifetime = generous(ending.expiresAt - ending.endedAt)
      const write = begin(until)
      const fields = [...by(), ...endingFields(id, ending)]
      const [ended, user] = await step(scripts.end, sessions + id, until, lifetime, fields, write)
      // For shorter lists, and nobody waits for it: the ending is what counts, and an index drops by itself what is old.
      if (user != null) connection.run(scripts.unindex, [userKey(String(user))], [id]).catch(() => {})
      if (Number(ended) === 1) return write.isAcknowledged || 'unconfirmed'
      // Of what had ended before: whoever asks again wants to know that it stays so.
      write.check()
      return false
    },

    async list(userId) {
      const ids = (await connection.run(scripts.idsOf, [userKey(spelled(userId))], [])) as unknown[]
      const infos = await infosOf(ids.map((id) => sessions + String(id)))
      // An id that was taken is in the index of whoever wanted it too.
      return infos.filter((info): info is SessionInfo => info?.userId === userId)
    },

    all: () => allOf(connection, sessions, ofMany),

    ...(listening && { watch: listening.watch }),

    async close() {
      listening?.close()
      durable?.close()
      await lazy?.close()
    },
  }
}
