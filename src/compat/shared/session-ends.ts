import type { LogicalTime } from '../../core/logical-time.ts'
import { idsOf, type Token } from '../../core/token.ts'
import type { Settings } from '../../options.ts'
import { endingOf, keyOf } from '../../repository/record.ts'
import type { SessionRepository } from '../../repository/repository.ts'
import { toUnavailable } from '../../repository/store-errors.ts'
import { createDeadlineCall } from '../../util/deadline-call.ts'
import { orElse } from '../../util/store-answers.ts'
import { endFormer, type FormerStore } from './former-store.ts'

/** The tokens of the records that an id has, or would have. */
export interface TokensOfId {
  /** The session's, whether it is live or not. */
  readonly token: Token
  /** The same for a guest. If a user has the id, the token of the record that names the user. */
  readonly guestToken: Token
}

/** The parts of the sessions that their ends need. */
interface SessionEndsParts {
  readonly repository: SessionRepository
  readonly tokensOf: (id: string, moment: LogicalTime) => Promise<TokensOfId>
  readonly from: FormerStore | undefined
  readonly storeName: string
}

/** Creates the functions that end sessions whose cookie is only an id. */
export function createSessionEnds(settings: Settings, { repository, tokensOf, from, storeName }: SessionEndsParts) {
  const { tick, events, lifetimes, storeTimeout } = settings
  const store = settings.store!
  const callInTime = createDeadlineCall(storeTimeout, { name: storeName })

  /** Ends a session for good. @throws `ERR_SESSION_UNAVAILABLE` if it is not known whose session it is */
  async function end(id: string): Promise<void> {
    const moment = tick()
    const { token, guestToken } = await tokensOf(id, moment)
    const confirmed = await repository.end(token, 'signed-out', moment)
    events.emitter()?.({ type: 'ended', reason: 'signed-out', ...idsOf(token), confirmed })
    // The record that names the user opens nothing any more.
    if (token !== guestToken) await repository.end(guestToken, 'signed-out', moment)
    if (from !== undefined) endFormer(from, id)
  }

  /**
   * Ends a session for good, unless it has ended before. Of several calls for one session, exactly one resolves to `true`.
   *
   * @throws `ERR_SESSION_UNAVAILABLE` if the store does not answer. The session may then be live still
   */
  async function endLive(id: string): Promise<boolean> {
    const moment = tick()
    const { token } = await tokensOf(id, moment)
    const ending = endingOf(token, 'signed-out', moment.at, { lifetimes, idIsSecret: false })
    // The store itself, because the repository does not say whether it was this call that has ended the session.
    const answer = callInTime(async () => store.end(keyOf(token), ending), moment)
    const result = await orElse(answer, (error) => toUnavailable(error, storeName))
    if (result === false) {
      events.emitter()?.({ type: 'refused', ...idsOf(token), id: token.identity!.id })
      return false
    }
    await end(id)
    return true
  }

  return { end, endLive }
}
