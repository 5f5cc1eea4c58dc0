import { now } from './time.ts'

/** Keeps the cookies of a browser. */
export interface Jar {
  /** Takes a `Set-Cookie` line, or ignores it. */
  take(line: string): void
  /** Returns the `Cookie` header of the next request; `''` for none. */
  header(): string
}

/** A browser: tabs share its cookies. */
export interface Browser {
  readonly name: string
  jar: Jar
  readonly createJar: () => Jar
  /** The `Cookie` header, for a while: the rules of a jar take longer than a request. */
  sent: { readonly header: string; readonly until: number } | null
  /** The form token of the page that is open, and the session that it belongs to. */
  form: { readonly session: string; readonly token: string } | null
}

export const browserNames = ['thief', 'laptop', 'phone', 'tablet']

export const createBrowser = (index: number, createJar: () => Jar): Browser => ({
  name: browserNames[index]!,
  jar: createJar(),
  createJar,
  sent: null,
  form: null,
})

export function cookiesOf(browser: Browser): string {
  if (browser.sent === null || browser.sent.until < now())
    browser.sent = { header: browser.jar.header(), until: now() + 1000 }
  return browser.sent.header
}

/** Stores the cookies of a response. A browser ignores those that break its rules. */
export function receive(browser: Browser, cookies: readonly string[]): void {
  for (const cookie of cookies) browser.jar.take(cookie)
  if (cookies.length > 0) browser.sent = null
}

/** The thief copies the cookies of a browser, whatever they had before. */
export function copyCookies(from: Browser, to: Browser): void {
  to.jar = to.createJar()
  to.sent = null
  for (const cookie of cookiesOf(from).split('; ')) if (cookie !== '') to.jar.take(cookie)
}

/** Returns the value of a cookie in a `Cookie` header. */
export function valueIn(header: string, name: string): string | null {
  for (const pair of header.split('; ')) if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1)
  return null
}
