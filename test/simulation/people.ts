import { CookieJar } from 'tough-cookie'
import { now } from './clock.ts'

/** Where all servers are: behind one name. */
const address = 'https://shop.test/'

/** A browser: tabs share its cookies. */
export interface Browser {
  readonly name: string
  /** By their names, and until when it sends them. */
  cookies: Map<string, { readonly value: string; readonly until: number }>
  /** The form token of the page that is open, and the session that it belongs to. */
  form: { readonly session: string; readonly token: string } | null
}

export const browserNames = ['thief', 'laptop', 'phone', 'tablet']

export const createBrowser = (index: number): Browser => ({
  name: browserNames[index]!,
  cookies: new Map(),
  form: null,
})

export function cookiesOf({ cookies }: Browser): string {
  let header = ''
  for (const [name, { value, until }] of cookies)
    if (until > now()) header += `${header === '' ? '' : '; '}${name}=${value}`
  return header
}

/** Stores the cookies of a response. A browser ignores those that break its rules. */
export function receive({ cookies }: Browser, lines: readonly string[]): void {
  for (const line of lines) {
    const [, name, value, before, age, after] = parts.exec(line)!
    if (!isAllowed(`${name}=x${before}${after}`)) continue
    if (age !== undefined && Number(age) <= 0) cookies.delete(name!)
    else cookies.set(name!, { value: value!, until: age === undefined ? Infinity : now() + Number(age) * 1000 })
  }
}

const parts = /^([^=]*)=([^;]*)(.*?)(?:; Max-Age=(-?\d+)(.*))?$/

/** Whether the rules of real browsers allow a line. Each is asked for once, because they take longer than a request. */
function isAllowed(line: string): boolean {
  let verdict = verdicts.get(line)
  if (verdict === undefined) {
    const jar = new CookieJar(undefined, { prefixSecurity: 'strict' })
    jar.setCookieSync(line, address, { ignoreError: true })
    verdict = jar.getCookieStringSync(address) !== ''
    verdicts.set(line, verdict)
  }
  return verdict
}

const verdicts = new Map<string, boolean>()

/** The thief copies the cookies of a browser, whatever they had before, and keeps them for ever. */
export function copyCookies(from: Browser, to: Browser): void {
  to.cookies = new Map()
  for (const [name, { value, until }] of from.cookies)
    if (until > now()) to.cookies.set(name, { value, until: Infinity })
}

/** Returns the value of a cookie in a `Cookie` header. */
export function valueIn(header: string, name: string): string | null {
  for (const pair of header.split('; ')) if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1)
  return null
}
