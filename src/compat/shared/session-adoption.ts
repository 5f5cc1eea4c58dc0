import type { LogicalTime } from '../../core/logical-time.ts'
import type { Texts } from '../../core/texts.ts'
import type { Identity, Token } from '../../core/token.ts'
import type { SaveResult, SessionRepository } from '../../repository/repository.ts'
import { storeUnavailableError } from '../../repository/store-errors.ts'
import type { MaybePromise } from '../../util/maybe-promise.ts'
import type { ReadFormer } from './former-store.ts'
import type { SessionIdentities } from './session-ids.ts'
import type { SessionOwners } from './session-owners.ts'
import { lifeOf, textsOf } from './session-texts.ts'
import { userIdOf, type UserOf } from './user-of.ts'

/** The parts of the sessions that taking a session over needs. */
interface AdoptionParts {
  readonly readFormer: ReadFormer
  readonly repository: SessionRepository
  readonly owners: SessionOwners
  readonly userOf: UserOf
  readonly storeName: string
  readonly tick: () => LogicalTime
  readonly identities: (id: string) => SessionIdentities
  readonly tokenOf: (identity: Identity, userId: string | null, moment: LogicalTime) => Token
  readonly lifeMsOf: (texts: Texts, lastSeenAt: number) => number
  readonly begin: (token: Token, moment: LogicalTime) => MaybePromise<SaveResult>
}

/**
 * Returns a function that takes over the session which the former store has of an id. If it ended here, the store refuses to create it
 * again. Requests of this process wait for the same attempt.
 */
export function createAdoption(parts: AdoptionParts): (id: string) => Promise<void> {
  const { readFormer, repository, owners, userOf, storeName, tick, identities, tokenOf, lifeMsOf, begin } = parts
  const adoptions = new Map<string, Promise<void>>()

  async function adopt(id: string): Promise<void> {
    const moment = tick()
    const session = await readFormer(id, moment)
    if (session == null) return
    const { guest, user } = identities(id)
    const userId = userIdOf(userOf, session)
    const data = textsOf(session)
    const lifeMs = lifeMsOf(data, moment.at)
    const idleTimeout = lifeMs / 1000
    if (userId === null) return void (await begin({ ...tokenOf(guest, null, moment), data, idleTimeout }, moment))
    // The former library wrote it when the life in its cookie began. `revokeAll` refuses sessions from before.
    const writtenAt = Date.parse(session['cookie']?.expires) - (lifeOf(session['cookie']) ?? NaN) || 0
    const token = { ...tokenOf(user, userId, moment), confirmedAt: null, writtenAt, data, idleTimeout }
    const { outcome, cause } = await repository.find(token, 0, moment)
    if (outcome === 'unavailable') throw storeUnavailableError(cause, storeName)
    // Last, because a request that fails between the two steps then finds no owner, and takes the session over again.
    if (outcome === 'active') await owners.create(tokenOf(guest, null, moment), userId, lifeMs, moment)
  }

  return async (id) => {
    let adoption = adoptions.get(id)
    if (adoption === undefined) {
      adoption = adopt(id).finally(() => adoptions.delete(id))
      adoptions.set(id, adoption)
    }
    return adoption
  }
}
