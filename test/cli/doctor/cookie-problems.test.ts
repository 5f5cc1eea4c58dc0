import { describe, expect, it } from 'vitest'
import { findCookieProblems, parseCookie } from '../../../src/cli/doctor/cookie-problems.ts'
import { isPublicSuffix } from '../../../src/cli/doctor/public-suffix.ts'
import { createSessions } from '../../../src/index.ts'
import { secret } from '../../support/sessions.ts'

const shop = 'https://shop.example/login'
const reasonsOf = (line: string, url = shop) =>
  findCookieProblems(parseCookie(line), new URL(url)).map(({ reason }) => reason)

describe('a browser drops', () => {
  it.each([
    ['__Host-a=1; Path=/', shop, 'a name that begins with __Host- requires Secure'],
    ['__Host-a=1; Path=/; Secure; Domain=shop.example', shop, 'a name that begins with __Host- requires no Domain'],
    ['__Host-a=1; Path=/login; Secure', shop, 'a name that begins with __Host- requires Path=/'],
    ['__host-a=1; Secure', shop, 'a name that begins with __Host- requires Path=/'],
    ['__Secure-a=1', shop, 'a name that begins with __Secure- requires Secure'],
    ['__Host-Http-a=1; Path=/; Secure', shop, 'a name that begins with __Host-Http- requires HttpOnly'],
    ['__Http-a=1; Secure', shop, 'a name that begins with __Http- requires HttpOnly'],
    ['a=1; SameSite=None', shop, 'SameSite=None requires Secure'],
    ['a=1; Partitioned', shop, 'Partitioned requires Secure'],
    ['a=1; Secure', 'http://shop.example/', 'it is Secure, and the page came by http'],
    [`a=${'x'.repeat(4096)}`, shop, 'its name and value have 4,097 bytes, and browsers take 4,096'],
    [`a=1; Path=/${'x'.repeat(1024)}`, shop, 'its path is longer than 1,024 bytes, and is ignored'],
    ['a=1; Domain=other.example', shop, 'its Domain other.example does not include shop.example, which sets it'],
    ['a=1; Domain=op.example', shop, 'its Domain op.example does not include shop.example, which sets it'],
    ['a=1; Domain=github.io', 'https://ada.github.io/', 'anyone can have a site under its Domain github.io'],
    ['a=1; Domain=.co.uk', 'https://shop.co.uk/', 'anyone can have a site under its Domain co.uk'],
    ['a=1; Domain=0.0.1', 'https://10.0.0.1/', 'an IP address has no Domain'],
    ['=1', shop, 'it has no name'],
    ['a=1\u0001', shop, 'it has a control character'],
  ])('%j of %s', (line, url, reason) => {
    expect(reasonsOf(line, url)).toEqual([reason])
  })
})

describe('a browser keeps', () => {
  it.each([
    ['a=1', 'http://shop.example/'],
    ['a=1; Domain=.shop.example', 'https://www.shop.example/'],
    ['a=1; Domain=shop.example; Secure; SameSite=None; Partitioned', shop],
    ['__Host-a=1; Path=/; Secure', shop],
    ['__Host-a=1; Path=/; Secure; Domain=', shop],
    ['a=1; Secure', 'http://localhost:3000/'],
    [`a=${'x'.repeat(4095)}`, shop],
  ])('%j of %s', (line, url) => {
    expect(reasonsOf(line, url)).toEqual([])
  })

  it.each([
    [true, shop],
    [false, 'http://shop.example/'],
  ])('the cookies of Sojourn, with secure: %s', async (secure, url) => {
    const sessions = createSessions({ secrets: [secret('doctor')], cookie: { secure } })
    const session = await sessions.open(null)
    session.signIn('ada')
    const lines = (await sessions.commit(session)).getSetCookie()

    expect(lines.length).toBeGreaterThan(0)
    expect(lines.flatMap((line) => reasonsOf(line, url))).toEqual([])
  })
})

it.each([
  ['com', true],
  ['co.uk', true],
  ['com.au', true],
  ['vercel.app', true],
  ['Vercel.App.', true],
  ['shop.example', false],
  ['ada.vercel.app', false],
  ['t.co', false],
  ['localhost', false],
])('%s is a public suffix: %s', (domain, expected) => {
  expect(isPublicSuffix(domain)).toBe(expected)
})
