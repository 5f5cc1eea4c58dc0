import type { LogicalTime } from '../../core/logical-time.ts'
import type { Token } from '../../core/token.ts'
import type { SessionRepository } from '../../repository/repository.ts'
import { noUpdates } from '../../session/value-updates.ts'
import { createLruCache } from '../../util/lru-cache.ts'

/** The user of a session whose cookie is only an id. */
export interface Owner {
  readonly userId: string
  /** How long the store keeps this, in epoch milliseconds, as far as this process knows. */
  readonly keptUntil: number
}

/**
 * Finds out whose session an id is, because a store needs to know the user to find the session. It is a record in the place of a guest's
 * session, with the user's id in its data. The user of an id never changes, so this process reads it once.
 */
export interface SessionOwners {
  /** Returns the owner if this process knows it. The id is that of a guest's session. */
  known(id: string): Owner | undefined
  /** Returns the owner that a record names; `null` if it is the record of a guest's session. */
  read(token: Token): Owner | null
  /** Creates the record. Returns `false` if the id is taken. @throws `ERR_SESSION_UNAVAILABLE` */
  create(token: Token, userId: string, lifeMs: number, moment: LogicalTime): Promise<boolean>
  /** Makes the store keep the record for longer than the session, if it does not. Never rejects. */
  keepUntil(token: Token, userId: string, sessionEndsAt: number, moment: LogicalTime): Promise<void>
}

/** How many owners are remembered at least. */
const maxKnown = 100_000

export function createSessionOwners(repository: SessionRepository): SessionOwners {
  const owners = createLruCache<Owner>(maxKnown)
  const remember = ({ identity }: Token, owner: Owner): Owner => {
    owners.set(identity!.id, owner)
    return owner
  }

  return {
    known: owners.get,

    read(token) {
      const { user, life } = token.data ?? {}
      if (user === undefined || life === undefined || token.data?.['cookie'] !== undefined) return null
      return remember(token, { userId: JSON.parse(user), keptUntil: token.lastSeenAt + Number(life) })
    },

    async create(token, userId, lifeMs, moment) {
      const life = 2 * lifeMs
      const data = { user: JSON.stringify(userId), life: String(life) }
      const record = { ...token, userId: null, data, idleTimeout: life / 1000 }
      const plan = { type: 'began', continuedToken: null, unconfirmed: false, token: record, change: null } as const
      const result = await repository.save({ ...plan, isTouched: true, updates: noUpdates }, moment)
      if (result === 'saved') remember(token, { userId, keptUntil: token.lastSeenAt + life })
      return result === 'saved'
    },

    async keepUntil(token, userId, sessionEndsAt, moment) {
      if (sessionEndsAt <= (owners.get(token.identity!.id)?.keptUntil ?? 0)) return
      const life = 2 * (sessionEndsAt - token.lastSeenAt)
      const change = { set: { life: String(life) }, unset: [] }
      const record = { ...token, idleTimeout: life / 1000 }
      const plan = { type: 'changed', continuedToken: token, unconfirmed: false, token: record, change } as const
      const result = await Promise.resolve(
        repository.save({ ...plan, isTouched: true, updates: noUpdates }, moment),
      ).catch(() => null)
      if (result !== null) remember(token, { userId, keptUntil: token.lastSeenAt + life })
    },
  }
}
