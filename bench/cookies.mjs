/** The attributes of a cookie that is written by hand. */
export const attributes = '; Path=/; HttpOnly; SameSite=Lax'

/** Returns one cookie of a `Cookie` header. */
export function cookieValue(header, name) {
  if (header === undefined) return undefined
  const start = `${name}=`
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
