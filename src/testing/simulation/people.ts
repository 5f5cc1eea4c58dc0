import { now } from './time.ts'

/** A browser: tabs share its cookies. */
export interface Browser {
  readonly name: string
  /** By their names, and until when it sends them. */
  cookies: Map<string, { readonly value: string; readonly until: number }>
  /** Whether it takes a cookie, given its `Set-Cookie` line without the value and the age. */
  readonly takes: (line: string) => boolean
  /** The form token of the page that is open, and the session that it belongs to. */
  form: { readonly session: string; readonly token: string } | null
}

export const browserNames = ['thief', 'laptop', 'phone', 'tablet']

export const createBrowser = (index: number, takes: Browser['takes']): Browser => ({
  name: browserNames[index]!,
  cookies: new Map(),
  takes,
  form: null,
})

export function cookiesOf({ cookies }: Browser): string {
  let header = ''
  for (const [name, { value, until }] of cookies)
    if (until > now()) header += `${header === '' ? '' : '; '}${name}=${value}`
  return header
}

/** Stores the cookies of a response. A browser ignores those that break its rules. */
export function receive({ cookies, takes }: Browser, lines: readonly string[]): void {
  for (const line of lines) {
    const [, name, value, before, age, after] = parts.exec(line)!
    if (!takes(`${name}=x${before}${after ?? ''}`)) continue
    if (age !== undefined && Number(age) <= 0) cookies.delete(name!)
    else cookies.set(name!, { value: value!, until: age === undefined ? Infinity : now() + Number(age) * 1000 })
  }
}

const parts = /^([^=]*)=([^;]*)(.*?)(?:; Max-Age=(-?\d+)(.*))?$/

/** The thief copies the cookies of a browser, whatever they had before, and keeps them for ever. */
export function copyCookies(from: Browser, to: Browser): void {
  to.cookies = new Map()
  for (const [name, { value, until }] of from.cookies)
    if (until > now()) to.cookies.set(name, { value, until: Infinity })
}

/** Returns the value of a cookie in a `Cookie` header. */
export function valueIn(header: string, name: string): string | null {
  const start = `${name}=`
  const at = header.startsWith(start) ? 0 : header.indexOf(`; ${start}`) + 2
  if (at === 1) return null
  const end = header.indexOf(';', at)
  return header.slice(at + start.length, end === -1 ? undefined : end)
}
