import { CookieJar } from 'tough-cookie'

/** Where all servers are: behind one name. */
const address = 'https://shop.test/'

/** A browser: tabs share its cookies. */
export interface Browser {
  readonly name: string
  jar: CookieJar
  /** The form token of the page that is open, and the session that it belongs to. */
  form: { readonly session: string; readonly token: string } | null
}

export const browserNames = ['thief', 'laptop', 'phone', 'tablet']

export const createBrowser = (index: number): Browser => ({
  name: browserNames[index]!,
  jar: new CookieJar(undefined, { prefixSecurity: 'strict' }),
  form: null,
})

export const cookiesOf = ({ jar }: Browser): string => jar.getCookieStringSync(address)

/** Stores the cookies of a response. A browser ignores those that break its rules. */
export function receive({ jar }: Browser, cookies: readonly string[]): void {
  for (const cookie of cookies) jar.setCookieSync(cookie, address, { ignoreError: true })
}

/** The thief copies the cookies of a browser, whatever they had before. */
export function copyCookies(from: Browser, to: Browser): void {
  to.jar = new CookieJar(undefined, { prefixSecurity: 'strict' })
  for (const cookie of cookiesOf(from).split('; ')) if (cookie !== '') to.jar.setCookieSync(cookie, address)
}

/** Returns the value of a cookie in a `Cookie` header. */
export function valueIn(header: string, name: string): string | null {
  for (const pair of header.split('; ')) if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1)
  return null
}
