/** Every address of the application; those of an event are in `eventPaths`. */
export const paths = {
  root: '/',
  health: '/healthz',
  login: '/organizer/login',
  logout: '/organizer/logout',
  account: '/organizer/account',
  devices: '/organizer/devices',
  revokeDevice: '/organizer/devices/revoke',
  revokeOthers: '/organizer/devices/revoke-others',
  session: '/organizer/session',
  sessionEnded: '/organizer/session/ended',
  dashboard: '/organizer/',
  newEvent: '/organizer/events/new',
  events: '/organizer/events',
  assets: '/assets',
} as const

/** The addresses of one event. */
export function eventPaths(id: number) {
  const event = `${paths.events}/${id}`
  return { event, edit: `${event}/edit`, delete: `${event}/delete` }
}

/** Where a page is told that its session has ended. */
export function endedPath(id: string): string {
  return `${paths.sessionEnded}?of=${encodeURIComponent(id)}`
}

const home = 'http://own.invalid'

/** The address of the sign-in page, which afterwards leads on to `next`. */
export function loginPath(next: string | null = null): string {
  return next === null ? paths.login : `${paths.login}?next=${encodeURIComponent(next)}`
}

/** The same for somebody whose page has told them that it was not used for too long: a cookie that has run out cannot tell. */
export const idleLoginPath = `${paths.login}?idle`

/** The same for somebody who is signed in, and has to sign in again before they go on to `next`. */
export function loginAgainPath(next: string | null): string {
  return `${paths.login}?again${next === null ? '' : `&next=${encodeURIComponent(next)}`}`
}

// They are no pages to come back to.
const neverNext: readonly string[] = [paths.login, paths.logout, paths.session, paths.sessionEnded]

/**
 * Where `next` leads, or `null` when it is not a page of this application. A browser reads `//host`, `/\host` and
 * `/<tab>/host` as addresses of other sites, so what looks odd is refused before it is parsed.
 */
export function ownPath(next: string | null | undefined): string | null {
  if (!next || next.length > 1000 || !/^\/(?![/\\])[^\\\p{Cc}\s]*$/u.test(next)) return null
  if (!URL.canParse(next, home)) return null
  const { origin, pathname, search } = new URL(next, home)
  if (origin !== home || !pathname.startsWith(paths.dashboard) || pathname.includes('//')) return null
  return neverNext.includes(pathname) ? null : pathname + search
}
