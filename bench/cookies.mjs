/**
 * Reads and writes the cookie for a library that only makes its value. The session is a plain object.
 *
 * @param {(value: string) => any} open returns the session
 * @param {(session: any) => string | Promise<string>} seal
 */
export const createCookie = (open, seal) => ({
  open(header) {
    const value = header && valueOf(header, 'session=')
    return value === undefined ? {} : open(value)
  },
  save(session) {
    const value = seal(session)
    return typeof value === 'string' ? setCookie(value) : value.then(setCookie)
  },
})

const setCookie = (value) => `session=${value}; Path=/; HttpOnly; SameSite=Lax`

/** Faster than a regular expression, so that no library is better only because of this. */
function valueOf(header, start) {
  const at = header.startsWith(start) ? 0 : header.indexOf(`; ${start}`) + 2
  if (at === 1) return undefined
  const end = header.indexOf(';', at)
  return header.slice(at + start.length, end === -1 ? undefined : end)
}

/** Returns the `Cookie` header of a browser that received these. */
export function cookieHeader(setCookies) {
  const cookies = new Map()
  for (const text of [setCookies].flat()) {
    const [pair] = text.split(';', 1)
    cookies.set(pair.slice(0, pair.indexOf('=')), pair)
  }
  return [...cookies.values()].join('; ')
}
