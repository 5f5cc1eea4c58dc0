import { checkSecrets } from '../../adapters/shared/check-secrets.ts'
import { lifecycleOf } from '../../adapters/shared/lifecycle-of.ts'
import type { CookieFormat } from '../../cookies/format.ts'
import type { ForeignSessions } from '../../cookies/foreign.ts'
import type { CommitResult } from '../../request/commit.ts'
import { valuesOf } from '../../session/session-data.ts'
import { sessionUnavailableError } from '../../session/session-unavailable.ts'
import { stateOf, type Session } from '../../session/session.ts'
import { createSessions, type Sessions } from '../../sessions.ts'
import type { SessionsOptions } from '../../options.ts'
import { andThen, type MaybePromise } from '../../util/maybe-promise.ts'
import { userIdOf, type UserOf } from '../shared/user-of.ts'
import { escapeKeys, unescapeKeys } from './data-keys.ts'
import type { CookiePair } from './set-cookie.ts'
import type { Change, RequestCookies, Wire } from './wire.ts'

/** The options of {@link createSealedWire}. */
export interface SealedWireOptions extends Pick<
  SessionsOptions,
  'store' | 'storeTimeout' | 'idleTimeout' | 'absoluteTimeout' | 'touchAfter' | 'remember' | 'onEvent'
> {
  readonly format: CookieFormat
  readonly name: string
  readonly accept: readonly ForeignSessions[]
  readonly userOf: UserOf
}

/**
 * Keeps sessions in sealed cookies or, with a store, in the store: by `createSessions`, with one cookie for users and guests.
 *
 * @throws `ERR_OPTIONS`; `ERR_COOKIE_OPTIONS`; `ERR_SECRET_MISSING`
 */
export function createSealedWire(options: SealedWireOptions): Wire & { readonly sessions: Sessions<any> } {
  const { format, name, userOf, ...rest } = options
  const capabilities = { ...format.capabilities, singleCookie: true }
  // Only the name counts: the attributes may differ in each request.
  const cookie = { name, secure: name.startsWith('__') }
  const sessions = createSessions<any>({ ...rest, format: { ...format, capabilities }, cookie })
  const lifecycle = lifecycleOf(sessions)
  checkSecrets(lifecycle)

  function createCookies(session: Session<any>, header: string): RequestCookies {
    let hasFailed = false
    return {
      session,
      read() {
        // Not `session.data`, because a handler may read for the first time after the headers have left.
        const { opening, dataState } = stateOf(session)
        if (opening.outcome === 'unavailable') throw sessionUnavailableError(opening)
        return opening.openedToken === null ? null : copyJson(unescapeKeys(valuesOf(dataState)))
      },
      commit(change) {
        const isRetry = hasFailed
        hasFailed = true
        function save(): MaybePromise<readonly CookiePair[]> {
          // The response to an error saves only a sign-out.
          if (!isRetry) applyChange(session, change, userOf)
          return andThen(lifecycle.commit(session, { failed: isRetry }), (result) => {
            hasFailed = false
            return pairsOf(result)
          })
        }
        if (isRetry || !replacesUser(session, change, userOf)) return save()
        // The new session would bring the data of one back that another request has ended meanwhile.
        return andThen(lifecycle.open(header), (present) => (present.userId === null ? [] : save()))
      },
    }
  }

  return { sessions, open: (header) => andThen(lifecycle.open(header), (session) => createCookies(session, header)) }
}

/** Whether a user's session becomes that of another user, or of a guest. After `regenerate`, it has nothing of the former one. */
function replacesUser(session: Session<any>, change: Change, userOf: UserOf): boolean {
  if (change.type !== 'saved' || change.isRegenerated || session.userId === null) return false
  return userIdOf(userOf, change.data) !== session.userId
}

function applyChange(session: Session<any>, change: Change, userOf: UserOf): void {
  if (change.type === 'none') return
  if (change.type === 'removed') return session.signOut()
  const data = copyJson(change.data)
  const userId = userIdOf(userOf, data)
  // An id from before the sign-in must not open the session of the user, and none from before the sign-out.
  if (change.isRegenerated || (userId === null && session.userId !== null)) session.signOut()
  if (userId !== null && userId !== session.userId) session.signIn(userId)
  session.data = escapeKeys(data)
}

/** As cookie-session keeps data: `Date` becomes text, and functions are left out. */
const copyJson = (data: object): object => JSON.parse(JSON.stringify(data)) as object

/** Returns the names and values that a commit sets. Of two with one name, the later one counts, because deletions come first. */
function pairsOf({ cookies }: CommitResult): readonly CookiePair[] {
  const pairs = cookies.map((line) => line.slice(0, line.indexOf(';'))).map(splitPair)
  return [...new Map(pairs)]
}

function splitPair(pair: string): CookiePair {
  const at = pair.indexOf('=')
  return [pair.slice(0, at), pair.slice(at + 1)]
}
