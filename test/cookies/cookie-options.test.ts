import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCookieOptions, type CookieOptions } from '../../src/cookies/cookie-options.ts'
import { readSetCookie } from '../support/browser.ts'
import { request, world } from '../support/sessions.ts'

const read = (options: CookieOptions, production = true) =>
  readCookieOptions(options, {}, { singleCookie: false, isProduction: production })

/** The two `Set-Cookie` of a sign-in and of a guest. */
async function linesOf(cookie: CookieOptions): Promise<string[]> {
  const { sessions } = world({ cookie })
  const [user, guest] = [
    await request(sessions, null, (session) => session.signIn('ada')),
    await request(sessions, null, (session) => (session.data['cart'] = ['tea'])),
  ]
  return [...user.getSetCookie(), ...guest.getSetCookie()]
}

describe('the defaults', () => {
  it('are the safe ones in production', async () => {
    const [line] = await linesOf({ secure: true })

    expect(line!.replace(/=[\w-]+;/, '=TOKEN;')).toBe(
      '__Host-Http-session=TOKEN; Max-Age=604800; Path=/; Secure; HttpOnly; SameSite=Lax',
    )
  })

  it('have names that say what browsers hold them to', () => {
    const names = (options: CookieOptions, production = true) => {
      const { user, guest } = read(options, production)
      return [user.name, guest.name]
    }

    expect(names({})).toEqual(['__Host-Http-session', '__Host-Http-guest'])
    expect(names({}, false)).toEqual(['session', 'guest'])
    expect(names({ secure: true }, false)).toEqual(['__Host-Http-session', '__Host-Http-guest'])
    expect(names({ domain: 'example.com' })).toEqual(['session', 'guest'])
    expect(names({ path: '/app' })).toEqual(['session', 'guest'])
    expect(names({ secure: false })).toEqual(['session', 'guest'])
    expect(names({ name: 'sid' })).toEqual(['sid', 'sid-guest'])
    expect(names({ name: '__Host-sid' })).toEqual(['__Host-sid', '__Host-sid-guest'])
    expect(names({ guestName: 'visitor' })).toEqual(['__Host-Http-session', 'visitor'])
  })

  it('refuse httpOnly: false, and name the way out', () => {
    const refused = /^The cookie name __Host-Http-session requires httpOnly.*cookie\.name.*'__Host-session'/
    expect(() => read({ httpOnly: false })).toThrow(refused)
    expect(() => read({ secure: true, httpOnly: false }, false)).toThrow(refused)

    expect(read({ httpOnly: false, name: '__Host-session' }).guest.name).toBe('__Host-session-guest')
    expect(read({ httpOnly: false }, false).user.name).toBe('session')
  })

  it('in development are without Secure, and all else the same', () => {
    expect(read({}, false).user.attributes).toBe('; Path=/; HttpOnly; SameSite=Lax')
  })
})

it.each<[string, unknown]>([
  ['SameSite=None without Secure', { sameSite: 'none', secure: false }],
  ['Partitioned without Secure', { partitioned: true, secure: false }],
  ['__Host- without Secure', { name: '__Host-s', secure: false }],
  ['__Host- with a domain', { name: '__Host-s', domain: 'example.com' }],
  ['__Host- with a path', { name: '__Host-s', path: '/app' }],
  ['__hOsT- in another case, with a path', { name: '__hOsT-s', path: '/app' }],
  ['a guest’s __Host- with a path', { name: 's', guestName: '__Host-g', path: '/app' }],
  ['__Secure- without Secure', { name: '__Secure-s', secure: false }],
  ['__SECURE- in another case, without Secure', { name: '__SECURE-s', secure: false }],
  ['__Http- without HttpOnly', { name: '__Http-s', httpOnly: false }],
  ['__Host-Http- without HttpOnly', { name: '__Host-Http-s', httpOnly: false }],
  ['__Host-Http- with a domain', { name: '__Host-Http-s', domain: 'example.com' }],
  ['one name for both', { name: 's', guestName: 's' }],
  ['a name with a space', { name: 'my session' }],
  ['an empty name', { name: '' }],
  ['a name with an equals sign', { name: 'a=b' }],
  ['a name with a semicolon', { name: 'a;b' }],
  ['a name with a line break', { name: 'a\nb' }],
  ['a name beyond ASCII', { name: 'sitzung-ä' }],
  ['a name that is no text', { name: 5 }],
  ['a guest’s name with a comma', { guestName: 'a,b' }],
  ['a domain with a scheme', { domain: 'https://example.com' }],
  ['a domain with a port', { domain: 'example.com:5000' }],
  ['a domain with a dot in front', { domain: '.example.com' }],
  ['a domain with an empty label', { domain: 'example..com' }],
  ['a domain that is longer than any host name', { domain: `${'a.'.repeat(600)}com` }],
  ['a domain that injects', { domain: 'example.com; Domain=evil.test' }],
  ['an empty domain', { domain: '' }],
  ['null for a domain', { domain: null }],
  ['a number for a domain', { domain: 5 }],
  ['a path that injects', { path: '/; HttpOnly=no' }],
  ['a path with a line break', { path: '/\r\nSet-Cookie: a=b' }],
  ['a path that is relative', { path: 'app' }],
  ['an empty path', { path: '' }],
  ['null for a path', { path: null }],
  ['a path over 1,024 bytes', { path: `/${'a'.repeat(1024)}` }],
  ['SameSite in another spelling', { sameSite: 'Lax' }],
  ['SameSite as a boolean', { sameSite: true }],
  ['secure as a text', { secure: 'false' }],
  ['httpOnly as a number', { httpOnly: 0 }],
  ['partitioned as null', { partitioned: null }],
  ['an option that there is not', { maxAge: 60 }],
  ['an option in another case', { samesite: 'strict' }],
])('%s is refused at creation, with words', (_, cookie) => {
  expect(() => world({ cookie: { secure: true, ...(cookie as CookieOptions) } })).toThrow(
    expect.objectContaining({ code: 'ERR_COOKIE_OPTIONS', message: expect.stringMatching(/cookie/i) }),
  )
})

/** What RFC 6265bis (section 5.7), CHIPS and layered cookies make a browser do with a line. */
function isDropped(line: string, host: string): boolean {
  const [pair, ...rest] = line.split(';')
  const equals = pair!.indexOf('=')
  const [name, value] = [pair!.slice(0, equals).trim(), pair!.slice(equals + 1).trim()]
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(line)) return true
  if (equals < 1 || Buffer.byteLength(name + value) > 4096) return true
  const attributes = new Map(
    rest.map((part) => part.trim().split('=')).map(([key, ...text]) => [key!.toLowerCase(), text.join('=')]),
  )
  for (const [key, text] of attributes) if (Buffer.byteLength(key + text) > 1024) return true
  const secure = attributes.has('secure')
  const domain = attributes.get('domain')?.toLowerCase()
  if (domain !== undefined && host !== domain && !host.endsWith(`.${domain}`)) return true
  if (attributes.get('samesite')?.toLowerCase() === 'none' && !secure) return true
  if (attributes.has('partitioned') && !secure) return true
  const prefix = /^__(secure|host-http|host|http)-/i.exec(name)?.[1]?.toLowerCase()
  if (prefix === undefined) return false
  if (!secure) return true
  if (prefix.includes('http') && !attributes.has('httponly')) return true
  return prefix.startsWith('host') && (domain !== undefined || attributes.get('path') !== '/')
}

const prefixes = fc.constantFrom(
  '',
  '__Host-',
  '__host-',
  '__Secure-',
  '__SECURE-',
  '__Http-',
  '__Host-Http-',
  '__hOsT-hTtP-',
)
const names = fc.tuple(prefixes, fc.constantFrom('s', 'sid', 'a.b', '')).map((parts) => parts.join(''))
const anyOptions: fc.Arbitrary<CookieOptions> = fc.record(
  {
    name: names,
    guestName: names,
    domain: fc.constantFrom('example.com', 'shop.example.com', 'EXAMPLE.com', '.example.com', 'example.com.', '-'),
    path: fc.constantFrom('/', '/app', '/app/', '', 'app', '/a;b', '/ä'),
    secure: fc.boolean(),
    httpOnly: fc.boolean(),
    sameSite: fc.constantFrom('strict' as const, 'lax' as const, 'none' as const),
    partitioned: fc.boolean(),
  },
  { requiredKeys: [] },
)

it('no combination that is accepted makes a cookie that browsers drop', async () => {
  let accepted = 0
  const property = fc.asyncProperty(anyOptions, async (cookie) => {
    const lines = await linesOf(cookie).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'ERR_COOKIE_OPTIONS' })
      return []
    })
    for (const line of lines)
      expect({ line, dropped: isDropped(line, 'shop.example.com') }).toEqual({ line, dropped: false })
    accepted += lines.length
  })
  await fc.assert(property, { numRuns: 1500 })

  expect(accepted).toBeGreaterThan(30)
})

it('the rules of browsers are written down right here', () => {
  const kept = '__Host-s=v; Path=/; Secure; HttpOnly; SameSite=Lax'
  expect(isDropped(kept, 'example.com')).toBe(false)
  const dropped = [
    kept.replace(' Secure;', ''),
    kept.replace('Path=/', 'Path=/a'),
    `${kept}; Domain=example.com`,
    's=v; SameSite=None',
    's=v; Partitioned',
    's=v; Domain=other.test',
    '__http-s=v; Secure',
    `s=${'v'.repeat(4096)}`,
  ]
  for (const line of dropped) expect(isDropped(line, 'example.com')).toBe(true)
})

it('whatever name, domain and path are, exactly one cookie comes out, with their values and no others', async () => {
  const evil = fc.string({
    unit: fc.constantFrom('a', '/', '.', ';', '=', ',', ' ', '\r', '\n', '\0', '\t', '"', '\\', 'é', '%', '-', '_'),
  })
  const property = fc.asyncProperty(
    fc.record(
      { name: evil, guestName: evil, domain: evil, path: evil.map((text) => `/${text}`) },
      { requiredKeys: [] },
    ),
    async (cookie) => {
      const lines = await linesOf({ secure: false, ...cookie }).catch(() => null)
      if (lines === null) return
      expect(lines).toHaveLength(2)
      for (const line of lines) {
        expect(line).toMatch(/^[\x20-\x7e]+$/)
        const { name, value, ...attributes } = readSetCookie(line)
        expect(value).toMatch(/^[\w-]+$/)
        expect([cookie.name ?? 'session', cookie.guestName ?? 'guest', `${cookie.name}-guest`]).toContain(name)
        expect(attributes).toEqual({
          ...(cookie.domain === undefined ? {} : { domain: cookie.domain.toLowerCase() }),
          path: cookie.path ?? '/',
          maxAge: 604_800,
          httpOnly: true,
          sameSite: 'lax',
        })
      }
    },
  )
  await fc.assert(property, { numRuns: 1500 })
})
