import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { createCookieJar } from '../../src/cookies/cookie-jar.ts'
import type { Token } from '../../src/core/token.ts'
import { createSessions } from '../../src/index.ts'
import { flaskFormat } from '../../src/flask/cookie-format.ts'
import { request, secret, world } from '../support/sessions.ts'
import { format, noon, token } from '../support/tokens.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

it('what is remembered of a token is not the whole header that it came in', async () => {
  const clock = world().clock
  const [elsewhere, here] = [world({}, clock).sessions, world({}, clock).sessions]
  const cookies: string[] = []
  for (let index = 0; index < 1000; index++) {
    const headers = await request(elsewhere, null, (session) => session.signIn(`user ${index}`))
    cookies.push(headers.getSetCookie()[0]!.split(';', 1)[0]!)
  }
  collect()
  const before = process.memoryUsage().heapUsed
  for (const [index, cookie] of cookies.entries()) {
    // As a server gets it: one text, made of the bytes of the request.
    const header = Buffer.from(`other=${index}${'x'.repeat(16_000)}; ${cookie}`).toString('latin1')
    for (let visits = 0; visits < 2; visits++) expect((await here.open(header)).userId).toBe(`user ${index}`)
  }
  collect()
  const kept = process.memoryUsage().heapUsed - before

  expect(kept / cookies.length).toBeLessThan(4000)
  expect((await here.open(cookies[0])).userId).toBe('user 0')
})

it('cookies of Flask that hold much more than their length do not fill the memory', async () => {
  const [elsewhere, here] = [flaskSessions(), flaskSessions()]
  collect()
  const before = process.memoryUsage().heapUsed
  for (let index = 0; index < 600; index++) {
    const headers = await request(elsewhere, null, (session) => {
      session.data['draft'] = String(index).padEnd(100_000, 'x')
    })
    for (let visits = 0; visits < 2; visits++) await here.open(headers.getSetCookie()[0]!.split(';', 1)[0])
  }
  collect()
  const kept = process.memoryUsage().heapUsed - before

  expect(kept).toBeLessThan(48_000_000)
  expect((await here.open(null)).outcome).toBe('none')
})

it('remembers a token when it comes a second time, in each cookie by itself', () => {
  const { jar, opened } = countingJar()
  const [one, other] = [valueOf('one'), valueOf('other')]

  for (let visits = 0; visits < 5; visits++) expect(jar.read('user', `session=${one}`, noon)).toMatchObject([active])
  expect(opened).toEqual([one, one])
  jar.read('user', `session=${other}`, noon)
  expect(opened).toEqual([one, one, other])
  // It is forged in the guest's cookie.
  for (let visits = 0; visits < 3; visits++)
    expect(jar.read('guest', `guest=${one}`, noon)).toEqual([{ outcome: 'forged' }])
  expect(opened).toEqual([one, one, other, one, one, one])
})

it('takes no token for another that has the same last characters', () => {
  const { jar } = countingJar()
  const [one, other] = [valueOf('one'), valueOf('other')]
  const values = [one, other].map((value) => value + 'x'.repeat(40))

  for (let visits = 0; visits < 4; visits++)
    for (const value of values) {
      expect(jar.read('user', `session=${value}`, noon)).toMatchObject([{ token: { userId: value } }])
    }
})

it('decides only once whether the clock that sealed a token was ahead', () => {
  const { jar } = countingJar({ confirmedAt: noon + 300_000 })
  const read = (now: number) => jar.read('user', `session=${valueOf('one')}`, now)

  expect(read(noon)).toMatchObject([{ token: { confirmedAt: 0 } }])
  expect(read(noon + 299_000)).toMatchObject([{ token: { confirmedAt: 0 } }])
})

const active = { outcome: 'active' }
const valueOf = (name: string) => name.padEnd(30, '.')

/** A jar whose format opens any value as that user's token, and counts. */
function countingJar(rest: Partial<Token> = {}) {
  const opened: string[] = []
  const jar = createCookieJar({
    format: {
      ...format,
      open(value) {
        opened.push(value)
        return { outcome: 'active', token: { ...token, ...rest, userId: value }, key: 0 }
      },
    },
    cookies: { user: { name: 'session', attributes: '' }, guest: { name: 'guest', attributes: '' } },
    lifetimes: { idleTimeout: 1, absoluteTimeout: 1, touchAfter: 1, unconfirmedFor: 1 },
  })
  return { jar, opened }
}

const flaskSessions = () => createSessions({ format: flaskFormat({ secretKey: secret('flask') }) })
