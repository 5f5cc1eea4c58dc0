import { applyHeaders } from '../../adapters/shared/apply-headers.ts'
import { errorStatus } from '../../adapters/shared/answer-error.ts'
import { removeEntityHeaders } from '../../adapters/shared/node-headers.ts'
import { warnOnce } from '../../core/warn-once.ts'
import { fastifyHeaders } from './fastify-headers.ts'
import type { FastifyReply, FastifyRequest } from './host.ts'
import { hasNewUser, saveSession } from './save-session.ts'
import { userIdOf } from '../shared/user-of.ts'
import { contextOf, stateOf } from './session-state.ts'
import type { Session } from './session.ts'

/** Requests whose commit failed. The response to the error changes no cookie. */
const failedRequests = new WeakSet<FastifyRequest>()

/** Saves a request's session if needed, and sets its cookie. Call it before the headers leave; `done` gets the store's error. */
export function commitSession(
  session: Session,
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: unknown) => void,
): void {
  if (failedRequests.has(request)) return done()
  const { settings } = contextOf(session)
  const { cookieName, cookiePrefix, cookie, wasRefused } = settings

  function fail(error: unknown): void {
    failedRequests.add(request)
    // An error handler that sets no status would send that of the handler, with its headers.
    reply.code(errorStatus(error))
    removeEntityHeaders(reply)
    done(error)
  }

  function setCookie(): void {
    // The session has ended meanwhile, so its cookie must not be sent again.
    if (stateOf(session).isRefused || wasRefused(session)) return done()
    try {
      reply.setCookie(cookieName, cookiePrefix + session.encryptedSessionId, session.cookie.toJSON())
    } catch (error) {
      return fail(error)
    }
    if (settings.cacheHeaders) applyHeaders(fastifyHeaders, reply, { cookies: [], isPrivate: true })
    done()
  }

  try {
    if (isStray(session)) return done()
    const isSaveDue = isDue(session, request)
    const isInsecure = session.cookie.secure === true && request.protocol !== 'https'
    if (isSaveDue && !isInsecure) return saveSession(session, true, (error) => (error ? fail(error) : setCookie()))
    if (isSaveDue) warnOfMissingCookie()
    if (settings.clearCookie === 'peer' && hasOtherCookie(session, request))
      reply.clearCookie(cookieName, { domain: cookie.domain, path: cookie.path || '/' })
    if (session.isSaved()) setCookie()
    else done()
  } catch (error) {
    fail(error)
  }
}

/** Whether this is a guest's session that must get no cookie, because a sign-in has replaced the id of the request just before or meanwhile. */
function isStray(session: Session): boolean {
  const { settings, cookieId, hadReplacedId } = contextOf(session)
  // A user's session that becomes a guest's is none: the request takes its sign-in back.
  if (cookieId === undefined || cookieId === session.sessionId || stateOf(session).owner != null) return false
  return (hadReplacedId || settings.replacedIds.has(cookieId)) && userIdOf(settings.userOf, session) === null
}

/** Whether the session must be saved, or its cookie sent. */
function isDue(session: Session, request: FastifyRequest): boolean {
  const { settings, cookieId } = contextOf(session)
  if (session.isModified() || hasNewUser(session, true)) return true
  if (session.sessionId !== cookieId) return settings.saveUninitialized
  // A cookie that an older secret signed is replaced.
  return settings.rolling || hasOtherCookie(session, request)
}

/** Whether the request's cookie is not that of the session. */
function hasOtherCookie(session: Session, request: FastifyRequest): boolean {
  const { cookieName, cookiePrefix } = contextOf(session).settings
  const value = request.cookies?.[cookieName]
  return Boolean(value) && value!.startsWith(cookiePrefix) && value !== cookiePrefix + session.encryptedSessionId
}

function warnOfMissingCookie(): void {
  warnOnce(
    'sojourn: no session was saved and no cookie sent, because cookie.secure is true and the request seems to have come over plain http. ' +
      'If a proxy serves https, it must send X-Forwarded-Proto: https, and Fastify needs the option trustProxy. ' +
      "For tests without https, set cookie: { secure: false }, or 'auto'.",
  )
}
