import { isPublicSuffix } from './public-suffix.ts'

/** A cookie of a response, as `Set-Cookie` has it. */
export interface ReceivedCookie {
  readonly name: string
  readonly value: string
  /** The attributes, by their names in lower case; the last of each counts. */
  readonly attributes: ReadonlyMap<string, string>
}

/** Why a browser drops a cookie, and what to do about it. */
export interface CookieProblem {
  readonly reason: string
  readonly fix: string
}

/** Browsers drop a cookie whose name and value are longer (RFC 6265bis section 5.7). */
const maxCookieBytes = 4096
const maxAttributeBytes = 1024

/** Parses a `Set-Cookie` line as browsers do (RFC 6265bis section 5.6). */
export function parseCookie(line: string): ReceivedCookie {
  const [pair = '', ...rest] = line.split(';')
  const equals = pair.indexOf('=')
  const attributes = new Map(
    rest.map((attribute) => {
      const at = attribute.indexOf('=')
      const name = (at === -1 ? attribute : attribute.slice(0, at)).trim().toLowerCase()
      return [name, at === -1 ? '' : attribute.slice(at + 1).trim()]
    }),
  )
  return { name: pair.slice(0, equals).trim(), value: pair.slice(equals + 1).trim(), attributes }
}

/** Returns each reason for which a browser drops a cookie that a page of `url` sets. */
export function findCookieProblems(cookie: ReceivedCookie, url: URL): CookieProblem[] {
  return [...nameProblems(cookie), ...attributeProblems(cookie), ...placeProblems(cookie, url)]
}

function nameProblems({ name, value, attributes }: ReceivedCookie): CookieProblem[] {
  const problems: CookieProblem[] = []
  const bytes = Buffer.byteLength(name) + Buffer.byteLength(value)
  const requires = (prefix: string, what: string, fix: string) =>
    problems.push({ reason: `a name that begins with ${prefix} requires ${what}`, fix })
  if (name === '') problems.push({ reason: 'it has no name', fix: 'Give it a name.' })
  // oxlint-disable-next-line no-control-regex
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(name + value))
    problems.push({ reason: 'it has a control character', fix: 'Encode the value.' })
  if (bytes > maxCookieBytes)
    problems.push({
      reason: `its name and value have ${bytes.toLocaleString('en')} bytes, and browsers take 4,096`,
      fix: 'Store less in the session, or add a store.',
    })
  if (/^__(secure|host|http)-/i.test(name) && !attributes.has('secure'))
    requires(/^__\w+-/.exec(name)![0], 'Secure', 'Serve https, and set Secure; or use a name without the prefix.')
  if (/^__host-/i.test(name) && attributes.get('domain'))
    requires('__Host-', 'no Domain', 'Remove Domain, or use a name without the prefix.')
  if (/^__host-/i.test(name) && attributes.get('path') !== '/')
    requires('__Host-', 'Path=/', 'Set Path=/, or use a name without the prefix.')
  if (/^__(host-)?http-/i.test(name) && !attributes.has('httponly'))
    requires(/^__(?:host-)?http-/i.exec(name)![0], 'HttpOnly', 'Set HttpOnly, or use a name without the prefix.')
  return problems
}

function attributeProblems({ attributes }: ReceivedCookie): CookieProblem[] {
  const problems: CookieProblem[] = []
  const secure = attributes.has('secure')
  if (attributes.get('samesite')?.toLowerCase() === 'none' && !secure)
    problems.push({ reason: 'SameSite=None requires Secure', fix: 'Set Secure, or SameSite=Lax.' })
  if (attributes.has('partitioned') && !secure)
    problems.push({ reason: 'Partitioned requires Secure', fix: 'Set Secure, or remove Partitioned.' })
  for (const [name, value] of attributes)
    if (Buffer.byteLength(value) > maxAttributeBytes)
      problems.push({ reason: `its ${name} is longer than 1,024 bytes, and is ignored`, fix: `Shorten ${name}.` })
  return problems
}

function placeProblems({ attributes }: ReceivedCookie, url: URL): CookieProblem[] {
  const problems: CookieProblem[] = []
  if (attributes.has('secure') && url.protocol === 'http:' && !isLoopback(url.hostname))
    problems.push({
      reason: 'it is Secure, and the page came by http',
      fix: 'Serve https, and redirect http to it.',
    })
  const domain = attributes.get('domain')?.replace(/^\./, '').toLowerCase()
  if (!domain) return problems
  if (domain !== url.hostname && !url.hostname.endsWith(`.${domain}`))
    problems.push({
      reason: `its Domain ${domain} does not include ${url.hostname}, which sets it`,
      fix: 'Remove Domain, or name the domain of the page.',
    })
  else if (domain !== url.hostname && isAddress(url.hostname))
    problems.push({ reason: 'an IP address has no Domain', fix: 'Remove Domain.' })
  else if (isPublicSuffix(domain))
    problems.push({
      reason: `anyone can have a site under its Domain ${domain}`,
      fix: 'Remove Domain, or name your own domain.',
    })
  return problems
}

/** Whether a host is this machine, which browsers trust without https. Safari does not. */
export const isLoopback = (host: string): boolean => /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(host)

const isAddress = (host: string): boolean => /^[\d.]+$|^\[/.test(host)
