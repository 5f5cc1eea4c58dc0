import type { SigningSecret } from '../shared/signature.ts'
import { isSecure, warnOfMissingCookie } from './is-secure.ts'
import type { Settings } from './options.ts'
import type { RequestSession } from './request-session.ts'
import type { SessionRequest } from './session.ts'
import { signId } from './signed-cookies.ts'

/** Whether a sign-in in this process has replaced the id in the request's cookie just before or meanwhile. */
export const isIdReplaced = ({ replacedIds }: Settings, { cookieId, request }: RequestSession): boolean =>
  cookieId !== undefined && cookieId !== request.sessionID && replacedIds.has(cookieId)

/** Whether the response needs the cookie of the session, whose text is given, and browsers take it. Warns once if they do not. */
export function needsCookie(
  { saveUninitialized, rolling, proxy }: Settings,
  context: RequestSession,
  text: string,
): boolean {
  const { cookieId, request } = context
  const { cookie } = request.session
  const isWanted =
    cookieId === request.sessionID
      ? rolling || (cookie.expires != null && context.isModified(text))
      : saveUninitialized || context.isModified(text)
  if (!isWanted || !cookie.secure || isSecure(request, proxy)) return isWanted
  warnOfMissingCookie()
  return false
}

/** Formats the `Set-Cookie` value of a request's session. @throws `TypeError` if an attribute is invalid */
export const formatCookie = ({ session, sessionID }: SessionRequest, name: string, secret: SigningSecret): string =>
  session.cookie.serialize(name, signId(sessionID, secret))
