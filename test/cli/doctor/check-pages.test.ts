import { describe, expect, it } from 'vitest'
import { checkPages } from '../../../src/cli/doctor/check-pages.ts'
import { createSessions } from '../../../src/index.ts'
import { secret } from '../../support/sessions.ts'

const sessions = createSessions({ secrets: [secret('doctor')], cookie: { secure: true } })
const own = { keyIds: [], cookieNames: [] }
const url = 'https://shop.example/login'

/** The headers of a page of Sojourn that signs a user in. */
async function goodHeaders(): Promise<Headers> {
  const session = await sessions.open(null)
  session.signIn('ada')
  const headers = new Headers(await sessions.commit(session))
  headers.set('Strict-Transport-Security', 'max-age=31536000')
  return headers
}

/** Answers https with these headers, and http with a redirect, unless `plain` answers it. */
async function examine(change: (headers: Headers) => void = () => {}, plain?: Response) {
  const headers = await goodHeaders()
  change(headers)
  const redirect = new Response(null, { status: 308, headers: { Location: url } })
  const fetchPage = async ({ protocol }: URL) =>
    protocol === 'https:' ? new Response(null, { headers }) : (plain ?? redirect)
  return checkPages([url], own, fetchPage)
}

const codesOf = async (...args: Parameters<typeof examine>) =>
  (await examine(...args)).findings.map((each) => each.code)

/** Changes the attributes of the session cookie. */
const withCookie = (change: (line: string) => string) => (headers: Headers) => {
  const [line] = headers.getSetCookie()
  headers.set('Set-Cookie', change(line!))
}

it('a page of Sojourn behind https is good', async () => {
  const { findings, facts } = await examine()

  expect(findings).toEqual([])
  expect(facts.map(([, text]) => text)).toEqual([
    expect.stringMatching(
      /^https:\S+; sets __Host-Http-session \(key id \w{8}\); Vary: Cookie; Cache-Control: no-store; Str/,
    ),
    'http://shop.example/login redirects to https',
  ])
})

describe('what a proxy or a middleware can break is recognised:', () => {
  it.each([
    ['hsts', (headers: Headers) => headers.delete('Strict-Transport-Security')],
    ['hsts', (headers: Headers) => headers.set('Strict-Transport-Security', 'max-age=0')],
    ['cacheable', (headers: Headers) => headers.set('Cache-Control', 'public')],
    ['cacheable', (headers: Headers) => headers.delete('Cache-Control')],
    ['cookie-twice', (headers: Headers) => headers.append('Set-Cookie', headers.getSetCookie()[0]!)],
    ['cookie-dropped', withCookie((line) => line.replace('; Secure', ''))],
    ['cookie-dropped', withCookie((line) => `${line}; Domain=shop.example`)],
    ['cookie-readable', withCookie(() => 'session=x; Secure; SameSite=Lax')],
    ['cookie-not-secure', withCookie(() => 'session=x; HttpOnly; SameSite=Lax')],
    ['cookie-same-site', withCookie(() => 'session=x; HttpOnly; Secure')],
    ['clock', (headers: Headers) => headers.set('Date', new Date(Date.now() - 3_600_000).toUTCString())],
  ])('%s', async (code, change) => {
    expect(await codesOf(change)).toEqual([code])
  })

  it('http that does not redirect', async () => {
    expect(await codesOf(undefined, new Response('hello'))).toEqual(['http-open'])
    const elsewhere = new Response(null, { status: 302, headers: { Location: '/login' } })
    expect(await codesOf(undefined, elsewhere)).toEqual(['http-open'])
  })

  it('Vary without Cookie, where caches may keep pages for their visitor', async () => {
    expect(
      await codesOf((headers) => {
        headers.set('Cache-Control', 'private')
        headers.set('Vary', 'Accept-Encoding')
      }),
    ).toEqual(['vary'])
  })
})

it('cookies that are no session’s need no protection, but are examined too', async () => {
  const withOther = (line: string) => (headers: Headers) => headers.append('Set-Cookie', line)
  expect(await codesOf(withOther('theme=dark'))).toEqual([])
  expect(await codesOf(withOther('theme=dark; SameSite=None'))).toEqual(['cookie-dropped'])
})

it.each(['theme=dark', '__Host-Http-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax'])(
  'a page that sets %s, and no session, is recognised',
  async (line) => {
    expect(await codesOf(withCookie(() => line))).toEqual(['no-session-cookie'])
  },
)

it('a page needs no session cookie of its own if the redirect to it sets one', async () => {
  const headers = await goodHeaders()
  const { findings } = await checkPages(['https://shop.example:8443/'], own, async ({ pathname }) =>
    pathname === '/'
      ? new Response(null, { status: 302, headers: [...headers, ['Location', '/login']] })
      : new Response(null, { headers: { 'Strict-Transport-Security': 'max-age=1' } }),
  )

  expect(findings).toEqual([])
})

it('follows redirects, and examines each response, but not for ever', async () => {
  const asked: string[] = []
  const { findings } = await checkPages(['http://127.0.0.1/1'], own, async (page) => {
    asked.push(page.pathname)
    const next = Number(page.pathname.slice(1)) + 1
    return new Response(null, { status: 302, headers: { Location: `/${next}`, 'Set-Cookie': '=1' } })
  })

  expect(asked).toEqual(['/1', '/2', '/3', '/4', '/5', '/6'])
  expect(findings).toHaveLength(7)
  expect(findings.at(-1)!.code).toBe('no-session-cookie')
})
