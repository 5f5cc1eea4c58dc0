import { warnOnce } from '../../core/warn-once.ts'
import type { SessionRequest } from './session.ts'

/** Whether browsers use https. @param proxy the option: `true` believes `X-Forwarded-Proto`, `undefined` asks Express */
export function isSecure(request: SessionRequest, proxy: boolean | undefined): boolean {
  if ((request.socket as { encrypted?: unknown } | undefined)?.encrypted) return true
  if (proxy === false) return false
  if (proxy !== true) return request.secure === true
  const [first = ''] = String(request.headers['x-forwarded-proto'] ?? '').split(',')
  return first.trim().toLowerCase() === 'https'
}

/** Warns once that no cookie was sent, because nothing else shows why users do not stay signed in. */
export function warnOfMissingCookie(): void {
  warnOnce(
    'sojourn: no session cookie was sent, because cookie.secure is set and the request seems to have come over plain http. ' +
      "If a proxy serves https, it must send X-Forwarded-Proto: https; also set app.set('trust proxy', 1), or the option proxy: true. " +
      'For tests without https, set cookie: { secure: false }.',
  )
}
