/** Every address of the application. */
export const paths = {
  root: '/',
  health: '/healthz',
  login: '/organizer/login',
  logout: '/organizer/logout',
  dashboard: '/organizer/',
  newEvent: '/organizer/events/new',
  events: '/organizer/events',
  assets: '/assets',
} as const

const home = 'http://own.invalid'

/** The address of the sign-in page, which afterwards leads on to `next`. */
export function loginPath(next: string | null = null): string {
  return next === null ? paths.login : `${paths.login}?next=${encodeURIComponent(next)}`
}

/**
 * Where `next` leads, or `null` when it is not a page of this application. A browser reads `//host`, `/\host` and
 * `/<tab>/host` as addresses of other sites, so what looks odd is refused before it is parsed.
 */
export function ownPath(next: string | null | undefined): string | null {
  if (!next || next.length > 1000 || !/^\/(?![/\\])[^\\\p{Cc}\s]*$/u.test(next)) return null
  if (!URL.canParse(next, home)) return null
  const { origin, pathname, search } = new URL(next, home)
  if (origin !== home || !pathname.startsWith(paths.dashboard) || pathname.includes('//')) return null
  if (pathname === paths.login || pathname === paths.logout) return null
  return pathname + search
}
