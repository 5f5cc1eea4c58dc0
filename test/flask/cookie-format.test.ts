import { describe, expect, it } from 'vitest'
import { flaskFormat, Markup, tuple, Uuid } from '../../src/flask/index.ts'
import { createSessions } from '../../src/index.ts'
import { browser, cookiesOf, readSetCookie } from '../support/browser.ts'
import { day, stoppedClock } from '../support/clock.ts'
import { becomes, flask, noon, reads, secretKey } from '../support/flask-sessions.ts'
import { flaskCookie, jsonIn } from '../support/flask-cookies.ts'
import { request, visit } from '../support/sessions.ts'

describe('who is signed in', () => {
  it.each(['null', 'true', '1.5', '{" u":"a74b33d42f194c809c5e1a2b3c4d5e6f"}'])(
    'stays in the cookie as %s when the last of the rest goes',
    async (text) => {
      const came = `{"_flashes":[{" t":["m","x"]}],"person_id":${text}}`

      expect(await becomes(came, (session) => void session.takeFlashes())).toBe(`{"person_id":${text}}`)
    },
  )

  it.each([
    ['7', '7'],
    ['-7', '-7'],
    ['0', '0'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['"ada"', 'ada'],
    ['"7"', '7'],
    ['"007"', '007'],
    ['null', null],
    ['""', null],
    ['7.0', null],
    ['true', null],
    ['[7]', null],
    ['{" u":"a74b33d42f194c809c5e1a2b3c4d5e6f"}', 'a74b33d4-2f19-4c80-9c5e-1a2b3c4d5e6f'],
  ])('is read from person_id %s as %j, which is written back unchanged', async (text, userId) => {
    const came = `{"_permanent":true,"person_id":${text}}`

    expect(await reads(came, (session) => session.userId)).toBe(userId)
    expect(await becomes(came)).toBe(came)
    expect(await becomes(came, ({ data }) => void Object.assign(data, { cart: 1 }))).toBe(
      `{"_permanent":true,"cart":1,"person_id":${text}}`,
    )
  })

  it.each([
    ['7', '7'],
    ['0', '0'],
    ['-7', '-7'],
    ['12345678901234567890', '12345678901234567890'],
    ['007', '"007"'],
    ['7.0', '"7.0"'],
    ['-0', '"-0"'],
    ['ada', '"ada"'],
    ['é', '"\\u00e9"'],
  ])('%s, stands there as %s', async (userId, text) => {
    expect(await becomes(null, (session) => session.signIn(userId))).toBe(`{"_permanent":true,"person_id":${text}}`)
  })

  it('may stand under another name', async () => {
    const { sessions } = flask({ userKey: '_user_id' })
    const headers = await request(sessions, null, (session) => {
      session.signIn('7')
      Object.assign(session.data, { person_id: 'free' })
    })

    expect(jsonIn(cookiesOf(headers)['session']!)).toBe('{"_permanent":true,"_user_id":7,"person_id":"free"}')
  })

  it('is replaced, and the data of the other user goes', async () => {
    const came = '{"_permanent":true,"cart":["tea"],"person_id":7}'

    expect(await becomes(came, (session) => session.signIn('8'))).toBe('{"_permanent":true,"person_id":8}')
  })

  it('brings along what a guest gathered', async () => {
    expect(await becomes('{"cart":[1.0]}', (session) => session.signIn('8'))).toBe(
      '{"_permanent":true,"cart":[1.0],"person_id":8}',
    )
  })

  it('signs out, and nothing is left', async () => {
    const { sessions } = flask()
    const came = `session=${flaskCookie('{"_permanent":true,"cart":1,"person_id":7}', secretKey, noon)}`
    const [line, ...others] = (await request(sessions, came, (session) => session.signOut())).getSetCookie()

    expect(others).toEqual([])
    expect(readSetCookie(line!)).toMatchObject({ name: 'session', maxAge: 0, path: '/' })
  })

  it('signs out with a message, which is all that is left', async () => {
    const json = await becomes('{"_permanent":false,"cart":1,"person_id":7}', (session) => {
      session.signOut()
      session.flash('success', 'Bye.')
    })

    expect(json).toBe('{"_flashes":[{" t":["success","Bye."]}],"_permanent":true}')
  })

  it.each(['person_id', '_permanent'])('is not for session.data.%s to say', async (key) => {
    for (const came of [null, '{"_permanent":true,"cart":1,"person_id":7}']) {
      await expect(becomes(came, ({ data }) => void Object.assign(data, { [key]: 8 }))).rejects.toMatchObject({
        code: 'ERR_DATA',
      })
    }
  })
})

describe('whether a session outlives the browser', () => {
  it.each([
    ['{"cart":1}', false],
    ['{"_permanent":false,"cart":1}', false],
    ['{"_permanent":true,"cart":1}', true],
    ['{"_permanent":1,"cart":1}', true],
    ['{"_permanent":null,"cart":1}', false],
  ])('of %s is %j, which stays', async (came, remember) => {
    const { sessions } = flask({}, { touchAfter: 0, remember: !remember })
    const headers = await request(sessions, `session=${flaskCookie(came, secretKey, noon)}`, (session) => {
      expect(session.remember).toBe(remember)
      Object.assign(session.data, { other: 2 })
    })
    const { value, maxAge } = readSetCookie(headers.getSetCookie()[0]!)

    expect(jsonIn(value!)).toBe(`${came.slice(0, -1)},"other":2}`)
    expect(maxAge).toBe(remember ? 7 * day : undefined)
  })

  it('is as a sign-in says', async () => {
    const came = '{"_permanent":true,"person_id":7}'

    expect(await becomes(came, (session) => session.signIn('7', { remember: false }))).toBe('{"person_id":7}')
    expect(await becomes('{"_permanent":false}', (session) => session.signIn('7', { remember: true }))).toBe(came)
  })
})

describe('messages', () => {
  const came =
    '{"_flashes":[{" t":["message","First"]},{" t":["error",{" m":"<b>Second</b>"}]}],"_permanent":true,"person_id":7}'

  it('that Flask left are taken, and gone', async () => {
    const json = await becomes(came, (session) => {
      expect(session.takeFlashes().map(({ category, message }) => [category, String(message)])).toEqual([
        ['message', 'First'],
        ['error', '<b>Second</b>'],
      ])
    })

    expect(json).toBe('{"_permanent":true,"person_id":7}')
  })

  it('that are left stand behind those of Flask, as Flask writes them', async () => {
    const json = await becomes(came, (session) => {
      session.flash('success', 'Third é')
      session.flash('success', 'Fourth')
    })

    expect(json).toBe(came.replace('],"_p', ',{" t":["success","Third \\u00e9"]},{" t":["success","Fourth"]}],"_p'))
  })

  it('that are not taken stay through a change of something else', async () => {
    expect(await becomes(came, ({ data }) => void Object.assign(data, { zoo: 1.5 }))).toBe(
      came.replace(/\}$/, ',"zoo":1.5}'),
    )
  })
})

it('values have a face of each kind, and new ones are written as Flask writes them', async () => {
  const json = await becomes(null, ({ data }) => {
    Object.assign(data, {
      a: tuple(1, 'two'),
      b: new Uint8Array([0, 255]),
      c: new Markup('<b>'),
      d: new Uuid('A74B33D4-2F19-4C80-9C5E-1A2B3C4D5E6F'),
      e: new Date(noon + 999),
      f: 2n ** 70n,
      g: [0.5, NaN, -Infinity],
      h: { ' t': 1 },
    })
  })

  expect(json).toBe(
    '{"_permanent":true,"a":{" t":[1,"two"]},"b":{" b":"AP8="},"c":{" m":"<b>"},' +
      '"d":{" u":"a74b33d42f194c809c5e1a2b3c4d5e6f"},"e":{" d":"Thu, 15 Jan 2026 12:00:00 GMT"},' +
      '"f":1180591620717411303424,"g":[0.5,NaN,-Infinity],"h":{" di":{" t__":1}}}',
  )
})

describe('a form token', () => {
  it('of a guest holds on the next request, and goes at the sign-in', async () => {
    const { sessions, clock } = flask()
    const visitor = browser({ now: clock.now })
    const tokens: string[] = []
    await visit(sessions, visitor, ({ csrfToken }) => void tokens.push(csrfToken))
    await visit(sessions, visitor, (session) => {
      expect(session.isCsrfToken(tokens[0])).toBe(true)
      expect(session.csrfToken).toBe(tokens[0])
      session.signIn('7')
      tokens.push(session.csrfToken)
    })
    await visit(sessions, visitor, (session) => {
      expect(session.isCsrfToken(tokens[0])).toBe(false)
      expect(session.isCsrfToken(tokens[1])).toBe(true)
      expect(JSON.stringify(session.data)).not.toContain(tokens[1])
    })
  })

  it('of one session is not valid for another, nor for a user whom Flask signed in', async () => {
    const { sessions } = flask()
    const one = (await sessions.open(null)).csrfToken

    expect((await sessions.open(null)).isCsrfToken(one)).toBe(false)
    expect(await reads('{"person_id":7}', (session) => session.isCsrfToken(one))).toBe(false)
  })
})

describe('what the cookie cannot say by itself', () => {
  it.each([
    ['{"person_id":7}', true, '{"_permanent":true,"person_id":7}'],
    ['{"_permanent":true,"person_id":7}', false, '{"person_id":7}'],
  ])('signing in again as the same user is written: %s with remember %j', async (came, remember, becomesJson) => {
    expect(await becomes(came, (session) => session.signIn('7', { remember }))).toBe(becomesJson)
  })

  it('use in the background keeps no session alive', async () => {
    const clock = stoppedClock()
    const sessions = createSessions({ format: flaskFormat({ secretKey }), idleTimeout: 7 * day, now: clock.now })
    const visitor = browser()
    await visit(sessions, visitor, (session) => session.signIn('7'))
    for (const polled of [1, 2]) {
      clock.advance(6 * day)
      await visit(sessions, visitor, (session) => void (session.data['polled'] = polled), { background: true })
    }

    expect((await sessions.open(visitor.cookie)).userId).toBeNull()
  })

  it('a form token outlives session.data = {}, is new at sign-in, and takes no member of Flask for its own', async () => {
    const sessions = createSessions({ format: flaskFormat({ secretKey }) })
    const visitor = browser()
    let token = ''
    await visit(sessions, visitor, (session) => {
      token = session.csrfToken
      session.data = { cart: 1 }
    })

    const again = await sessions.open(visitor.cookie)
    expect(again.isCsrfToken(token)).toBe(true)
    expect(Object.keys(again.data)).toEqual(['cart'])
    await visit(sessions, visitor, (session) => session.signIn('7'))
    expect((await sessions.open(visitor.cookie)).isCsrfToken(token)).toBe(false)
    const came = '{"_sojourn_csrf":{"a":1},"cart":1}'
    expect(await becomes(came, ({ data }) => void Object.assign(data, { cart: 2 }))).toBe(
      '{"_sojourn_csrf":{"a":1},"cart":2}',
    )
  })

  it('a guest whose messages were taken keeps what Flask said of the browser', async () => {
    expect(
      await becomes('{"_flashes":[{" t":["a","b"]}],"_permanent":true}', (session) => void session.takeFlashes()),
    ).toBe('{"_permanent":true}')
  })
})
