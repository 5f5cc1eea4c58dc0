import { Redis } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import { createSentinel } from 'redis'
import { createSessions, type Outcome, type SessionEvent } from '../../../src/index.ts'
import { redisStore, type Durability, type RedisClient, type RedisStore } from '../../../src/stores/redis/store.ts'
import { startSentinelSet, type SentinelSet } from '../../support/servers/sentinel-set.ts'
import { secrets, secure, signedIn } from '../../support/sessions.ts'

/** Each kind of client that asks a sentinel where the primary is. */
export const sentinelClients: Readonly<
  Record<string, (set: SentinelSet) => Promise<{ readonly client: RedisClient; close(): unknown }>>
> = {
  async ioredis({ sentinel, name }) {
    const client = new Redis({ sentinels: [sentinel], name }).on('error', ignore)
    return { client, close: () => client.disconnect() }
  },
  async 'redis sentinel'({ sentinel, name }) {
    const client = createSentinel({ name, sentinelRootNodes: [sentinel] }).on('error', ignore)
    await client.connect()
    return { client, close: () => client.destroy() }
  },
  async iovalkey({ sentinel, name }) {
    const client = new Valkey({ sentinels: [sentinel], name })
    client.on('error', ignore)
    return { client, close: () => client.disconnect() }
  },
}

const ignore = (): void => {}

/** One web server of several that share a store. */
export interface Server {
  readonly sessions: ReturnType<typeof createSessions>
  readonly store: RedisStore
  readonly events: readonly SessionEvent[]
  /** How a cookie opens here; waits until the store answers. */
  outcomeOf(cookie: string): Promise<Outcome>
  signIn(userId: string): Promise<{ readonly cookie: string; readonly id: string }>
}

/** A set of servers of Redis, with web servers. */
export interface Run {
  readonly set: SentinelSet
  open(durability?: Durability): Promise<Server>
}

/** Starts a set for one run, and stops all of it. */
export async function inRun<Value>(by: string, run: (given: Run) => Promise<Value>): Promise<Value> {
  const set = await startSentinelSet()
  const closing: (() => unknown)[] = []
  try {
    return await run({
      set,
      async open(durability) {
        const { client, close } = await sentinelClients[by]!(set)
        const store = redisStore(client, { durability })
        closing.push(async () => {
          await store.close()
          await close()
        })
        return serverOf(store)
      },
    })
  } finally {
    for (const close of closing) await close()
    await set.stop()
  }
}

/** Tries some times, since a replica may be as busy as the machine. */
export async function withRetry<Value>(ask: () => Promise<Value>, tries = 5): Promise<Value> {
  try {
    return await ask()
  } catch (error) {
    if (tries === 1) throw error
    return withRetry(ask, tries - 1)
  }
}

/** Waits until something is so, for so many seconds at the most. */
export async function eventually(isSo: () => boolean | Promise<boolean>, seconds = 10): Promise<void> {
  for (let tries = 0; tries < seconds * 40 && !(await isSo()); tries++)
    await new Promise((resolve) => setTimeout(resolve, 25))
}

export function serverOf(store: RedisStore): Server {
  const events: SessionEvent[] = []
  const onEvent = (event: SessionEvent): void => void (event.type !== 'opened' && events.push(event))
  const sessions = createSessions({ secrets, cookie: secure, store, storeTimeout: 1, onEvent })
  async function outcomeOf(cookie: string): Promise<Outcome> {
    let outcome: Outcome = 'unavailable'
    await eventually(async () => ({ outcome } = await sessions.open(cookie)).outcome !== 'unavailable')
    return outcome
  }
  return {
    sessions,
    store,
    events,
    outcomeOf,
    async signIn(userId) {
      const { cookie } = await signedIn({ sessions, clock: { now: Date.now, advance() {} } }, userId)
      return { cookie: cookie!, id: (await sessions.open(cookie)).id! }
    },
  }
}
