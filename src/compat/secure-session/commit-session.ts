import { applyHeaders } from '../../adapters/shared/apply-headers.ts'
import { warnOnce } from '../../core/warn-once.ts'
import { fastifyHeaders } from '../fastify/fastify-headers.ts'
import type { FastifyReply } from '../fastify/host.ts'
import type { SessionCookie } from './session-cookie.ts'
import { stateOf, type Session } from './session.ts'

/** Attributes of the cookie, as @fastify/cookie takes them. */
export interface CookieOptions {
  readonly httpOnly?: boolean | undefined
  readonly signed?: boolean | undefined
}

/** One session of each request. */
export interface NamedSession {
  readonly cookieName: string
  readonly attributes: CookieOptions
  readonly isPrivate: boolean
  readonly cookie: SessionCookie
}

/** Sets the cookie of a session that was changed, or deletes that of one that was deleted. */
export function commitSession(
  session: Session | null | undefined,
  { cookieName, attributes, isPrivate, cookie }: NamedSession,
  reply: FastifyReply,
): void {
  const state = session && stateOf(session)
  if (!state || !session.changed) return
  const { token, data, replaced, kept, cookieOptions } = state
  const options = { ...attributes, ...cookieOptions }
  // Its values must not come back.
  if (replaced !== null && cookie.hasEnded(replaced)) {
    for (const key of kept) data.delete(key)
    if (data.size === 0 && !session.deleted) return
  }
  if (replaced !== null) cookie.end(replaced)
  if (session.deleted) {
    if (token !== null) cookie.end(token)
    reply.setCookie(cookieName, '', { ...options, expires: new Date(0), maxAge: 0 })
  } else {
    const next = cookie.tokenOf(session)
    const value = cookie.seal(next)
    // The session has ended meanwhile, so it must not come back.
    if (!cookie.save(session, next)) return
    warnIfTooBig(cookieName, value)
    state.token = next
    reply.setCookie(cookieName, value, options)
  }
  if (isPrivate) applyHeaders(fastifyHeaders, reply, { cookies: [], isPrivate: true })
}

function warnIfTooBig(cookieName: string, value: string): void {
  if (cookieName.length + value.length <= 4096) return
  warnOnce(
    `sojourn: the session in the cookie ${cookieName} has more than 4,096 bytes, so browsers drop it. Keep less in it, or use @fastify/session.`,
  )
}
