import { readKeyId } from '../../formats/sealed.ts'
import { escapeHidden } from '../terminal.ts'
import { findCookieProblems, isLoopback, parseCookie, type ReceivedCookie } from './cookie-problems.ts'
import { finding, type Examination, type Finding } from './finding.ts'

/** Checks the cookies of a response, and the headers that protect them. @param names the session cookies of the environment */
export function checkResponse(url: URL, headers: Headers, names: readonly string[]): Examination {
  const cookies = headers.getSetCookie().map(parseCookie)
  const sessionCookies = cookies.filter((cookie) => isSessionCookie(cookie, names))
  const isKept = (cookie: ReceivedCookie) => !isDeletion(cookie) && findCookieProblems(cookie, url).length === 0
  const findings = [
    ...cookies.flatMap((cookie) => checkCookie(cookie, url)),
    ...checkTwice(cookies),
    ...sessionCookies.filter(isKept).flatMap((cookie) => checkAttributes(cookie, url)),
    ...(sessionCookies.length > 0 ? checkCaching(url, headers) : []),
    ...checkHttps(url, headers),
  ]
  return { findings, facts: [['page', describe(url, headers, cookies)]] }
}

const isDeletion = ({ value, attributes }: ReceivedCookie): boolean => value === '' || attributes.get('max-age') === '0'

/** Whether a response sets a session cookie. Without one, a page shows nothing about sessions. */
export const setsSession = (headers: Headers, names: readonly string[]): boolean =>
  headers
    .getSetCookie()
    .map(parseCookie)
    .some((cookie) => isSessionCookie(cookie, names) && !isDeletion(cookie))

function isSessionCookie(cookie: ReceivedCookie, names: readonly string[]): boolean {
  const name = cookie.name.replace(/^__(?:host-http|host|secure|http)-/i, '')
  return names.includes(cookie.name) || /^(session|guest|.*-guest)$/.test(name) || readKeyId(cookie.value) !== null
}

function checkCookie(cookie: ReceivedCookie, url: URL): Finding[] {
  const name = nameOf(cookie)
  return findCookieProblems(cookie, url).map(({ reason, fix }) =>
    finding('cookie-dropped', 'cookies', `Browsers drop the cookie ${name} of ${url.href}, because ${reason}.`, fix),
  )
}

function checkTwice(cookies: readonly ReceivedCookie[]): Finding[] {
  const names = cookies.map(({ name, attributes }) => `${name};${attributes.get('domain')};${attributes.get('path')}`)
  const twice = cookies.filter((_cookie, at) => names.indexOf(names[at]!) < at)
  return twice.map((cookie) => {
    const sentence = `One response sets the cookie ${nameOf(cookie)} twice, and browsers keep the last only.`
    return finding('cookie-twice', 'cookies', sentence, 'Find the second middleware that sets it, and remove it.')
  })
}

function checkAttributes(cookie: ReceivedCookie, url: URL): Finding[] {
  const findings: Finding[] = []
  const add = (code: string, lack: string, effect: string, fix: string) =>
    findings.push(finding(code, 'security', `The session cookie ${nameOf(cookie)} is not ${lack}, so ${effect}.`, fix))
  if (!cookie.attributes.has('httponly'))
    add(
      'cookie-readable',
      'HttpOnly',
      "every script of a page can read it, also a stranger's",
      'Remove httpOnly: false.',
    )
  if (!cookie.attributes.has('secure') && url.protocol === 'https:')
    add('cookie-not-secure', 'Secure', 'browsers also send it over http', 'Set NODE_ENV=production, or secure: true.')
  if (!cookie.attributes.has('samesite'))
    add(
      'cookie-same-site',
      'restricted by SameSite',
      'some browsers send it with forms of other sites',
      'Set SameSite=Lax.',
    )
  return findings
}

function checkCaching(url: URL, headers: Headers): Finding[] {
  const control = headers.get('Cache-Control') ?? ''
  const isNeverStored = /(^|[\s,])no-store([\s,]|$)/i.test(control)
  const isPrivate = /(^|[\s,])private([\s,]|$)/i.test(control)
  const findings: Finding[] = []
  if (!isNeverStored && !isPrivate) {
    const found = control === '' ? 'no Cache-Control' : `Cache-Control: ${escapeHidden(control)}`
    const sentence = `${url.href} sets a session cookie with ${found}. A cache may give it to another visitor, who is then signed in as the wrong user.`
    const fix = 'Keep the header Cache-Control: no-store of Sojourn. A proxy or a middleware has changed it.'
    findings.push(finding('cacheable', 'proxies', sentence, fix))
  }
  if (!isNeverStored && !/(^|[\s,])(cookie|\*)([\s,]|$)/i.test(headers.get('Vary') ?? '')) {
    const sentence = `${url.href} sets a session cookie without Vary: Cookie, so a cache may take one visitor's page for another's.`
    findings.push(finding('vary', 'proxies', sentence, 'Keep the header Vary: Cookie. Something has replaced Vary.'))
  }
  return findings
}

function checkHttps(url: URL, headers: Headers): Finding[] {
  if (isLoopback(url.hostname)) return []
  if (url.protocol === 'http:') {
    const sentence = `${url.href} is served over http, so others on the way can read the session cookie and use it.`
    return [finding('no-https', 'production', sentence, 'Serve https, and redirect http to it.')]
  }
  if (Number(/max-age="?(\d+)/i.exec(headers.get('Strict-Transport-Security') ?? '')?.[1] ?? 0) > 0) return []
  const sentence = `${url.href} has no Strict-Transport-Security, so a browser's first request may go over http.`
  return [finding('hsts', 'production', sentence, 'Send Strict-Transport-Security: max-age=31536000.')]
}

function describe(url: URL, headers: Headers, cookies: readonly ReceivedCookie[]): string {
  const names = cookies.map((cookie) => {
    const id = readKeyId(cookie.value)
    return id === null ? nameOf(cookie) : `${nameOf(cookie)} (key id ${id})`
  })
  const headerText = ['Vary', 'Cache-Control', 'Strict-Transport-Security']
    .map((name) => [name, headers.get(name)] as const)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${escapeHidden(value!)}`)
  return [url.href, names.length === 0 ? 'sets no cookie' : `sets ${names.join(', ')}`, ...headerText].join('; ')
}

const nameOf = ({ name }: ReceivedCookie): string => escapeHidden(name.slice(0, 100)) || '(without a name)'
