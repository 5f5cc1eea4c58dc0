/** All paths of the application. `eventPaths` has those of an event. */
export const paths = {
  root: '/',
  health: '/healthz',
  login: '/organizer/login',
  logout: '/organizer/logout',
  account: '/organizer/account',
  devices: '/organizer/devices',
  nameDevice: '/organizer/devices/name',
  revokeDevice: '/organizer/devices/revoke',
  revokeOthers: '/organizer/devices/revoke-others',
  session: '/organizer/session',
  sessionEnded: '/organizer/session/ended',
  dashboard: '/organizer/',
  newEvent: '/organizer/events/new',
  events: '/organizer/events',
  draft: '/organizer/draft',
  assets: '/assets',
} as const

/** The paths of one event. */
export function eventPaths(id: number) {
  const event = `${paths.events}/${id}`
  return { event, edit: `${event}/edit`, delete: `${event}/delete`, restore: `${event}/restore` }
}

/** The path of the event stream that reports the end of a session. */
export function sessionEndedPath(id: string): string {
  return `${paths.sessionEnded}?of=${encodeURIComponent(id)}`
}

/** The path of the sign-in page. After sign-in, it redirects to `next`. */
export function loginPath(next: string | null = null): string {
  return next === null ? paths.login : `${paths.login}?next=${encodeURIComponent(next)}`
}

/** The sign-in page after an idle timeout. The query gives the reason, because an expired cookie is not sent. */
export const idleLoginPath = `${paths.login}?idle`

/** The sign-in page for a signed-in user who must enter their password again before `next`. */
export function loginAgainPath(next: string | null): string {
  return `${paths.login}?again${next === null ? '' : `&next=${encodeURIComponent(next)}`}`
}

const baseUrl = 'http://own.invalid'

// A redirect after sign-in must not lead here.
const excludedPaths: readonly string[] = [paths.login, paths.logout, paths.session, paths.sessionEnded]

/**
 * Returns the path of `next`, or `null` if it is not a page of this application. Browsers read `//host`, `/\host` and
 * `/<tab>/host` as URLs of other sites. So such texts are refused before they are parsed.
 */
export function parseNextPath(next: string | null | undefined): string | null {
  if (!next || next.length > 1000 || !/^\/(?![/\\])[^\\\p{Cc}\s]*$/u.test(next)) return null
  if (!URL.canParse(next, baseUrl)) return null
  const { origin, pathname, search } = new URL(next, baseUrl)
  if (origin !== baseUrl || !pathname.startsWith(paths.dashboard) || pathname.includes('//')) return null
  return excludedPaths.includes(pathname) ? null : pathname + search
}
