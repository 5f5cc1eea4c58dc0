import type { LogicalTime } from '../../core/logical-time.ts'
import type { Token } from '../../core/token.ts'
import type { SessionRepository } from '../../repository/repository.ts'
import { createLruCache } from '../../util/lru-cache.ts'
import { andThen, type MaybePromise } from '../../util/maybe-promise.ts'
import { orElse } from '../../util/store-answers.ts'
import { planOf } from './session-plans.ts'

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
  create(token: Token, userId: string, lifeMs: number, moment: LogicalTime): MaybePromise<boolean>
  /** Makes the store keep the record for longer than the session, if it does not. Never rejects. */
  keepUntil(token: Token, userId: string, sessionEndsAt: number, moment: LogicalTime): MaybePromise<void>
}

/** Marks the record, because a session of a guest may have any data. Sessions have no label. */
export const ownerLabel = 'owner'
/** How many owners are remembered at least. */
const maxKnown = 100_000

export function createSessionOwners(repository: SessionRepository): SessionOwners {
  const owners = createLruCache<Owner>(maxKnown)
  const remember = ({ identity }: Token, owner: Owner): Owner => {
    owners.set(identity!.id, owner)
    return owner
  }

  const create: SessionOwners['create'] = (token, userId, lifeMs, moment) => {
    const life = 2 * lifeMs
    const data = { userId: JSON.stringify(userId), life: String(life) }
    const record = { ...token, label: ownerLabel, data, idleTimeout: life / 1000 }
    return andThen(repository.save(planOf('began', null, record, null), moment), (result) => {
      if (result === 'saved') remember(token, { userId, keptUntil: token.lastSeenAt + life })
      return result === 'saved'
    })
  }

  async function keepLonger(token: Token, userId: string, sessionEndsAt: number, moment: LogicalTime): Promise<void> {
    const life = 2 * (sessionEndsAt - token.lastSeenAt)
    const change = { set: { life: String(life) }, unset: [] }
    const record = { ...token, idleTimeout: life / 1000 }
    const saved = repository.save(planOf('changed', token, record, change), moment)
    const result = await orElse(saved, () => null)
    // The store has lost it.
    if (result === 'rejected') await orElse(create(token, userId, life / 2, moment), () => false)
    else if (result !== null) remember(token, { userId, keptUntil: token.lastSeenAt + life })
  }

  return {
    known: owners.get,

    read(token) {
      if (token.label !== ownerLabel) return null
      const { userId, life } = token.data!
      return remember(token, { userId: JSON.parse(userId!), keptUntil: token.lastSeenAt + Number(life) })
    },

    create,

    keepUntil(token, userId, sessionEndsAt, moment) {
      const keptUntil = owners.get(token.identity!.id)?.keptUntil ?? 0
      return sessionEndsAt > keptUntil ? keepLonger(token, userId, sessionEndsAt, moment) : undefined
    },
  }
}
