import { describe, expect, it } from 'vitest'
import { createSigner } from '../../src/flask/signature.ts'
import { flaskFormat, type FlaskFormatOptions } from '../../src/flask/index.ts'
import { createSessions } from '../../src/index.ts'
import { browser, cookiesOf, readSetCookie } from '../support/browser.ts'
import { day } from '../support/clock.ts'
import { becomes, flask, noon, secretKey } from '../support/flask-sessions.ts'
import { flaskCookie, jsonIn } from '../support/flask-cookies.ts'
import { request, secret, visit } from '../support/sessions.ts'

describe('the cookie', () => {
  it('of a guest who has nothing any more is deleted; one that is permanent stays, as with Flask', async () => {
    const { sessions, clock } = flask({}, { remember: false })
    const visitor = browser({ now: clock.now })
    await visit(sessions, visitor, ({ data }) => void Object.assign(data, { cart: 1 }))
    expect(visitor.get('session')).toBeDefined()
    await visit(sessions, visitor, (session) => void (session.data = {}))

    expect(visitor.cookie).toBe('')

    const permanent = flask()
    await visit(permanent.sessions, visitor, ({ data }) => void Object.assign(data, { cart: 1 }))
    await visit(permanent.sessions, visitor, (session) => void (session.data = {}))
    expect(jsonIn(visitor.get('session')!)).toBe('{"_permanent":true}')
  })

  it('is not set for a guest who has nothing', async () => {
    expect((await request(flask().sessions, null, (session) => void session.data)).getSetCookie()).toEqual([])
  })

  it('holds a long value that is parsed when it is first read, and otherwise written as it came', async () => {
    const format = flaskFormat({ secretKey })
    const parsed: string[] = []
    const parse = (text: string): unknown => {
      parsed.push(text)
      return format.codec!.parse(text)
    }
    const sessions = createSessions({
      format: { ...format, codec: { ...format.codec!, parse } },
      now: () => noon,
    })
    const cart = `[${'1.0,"\\u00E9",{" t":[2]},'.repeat(20)}3]`
    const cookie = `session=${flaskCookie(`{"cart":${cart},"n":1}`, secretKey, noon)}`

    const headers = await request(sessions, cookie, ({ data }) => void (data['n'] = 2))
    expect(parsed).toEqual(['1'])
    expect(jsonIn(cookiesOf(headers)['session']!)).toBe(`{"cart":${cart},"n":2}`)

    const read = await sessions.open(cookie)
    expect((read.data['cart'] as unknown[])[2]).toEqual([2])
    expect(parsed).toEqual(['1', '1', cart])
    expect((await sessions.commit(read)).getSetCookie()).toEqual([])
  })

  it('is one, with one name for guests and users', async () => {
    const { sessions } = flask()
    const [line, ...others] = (await request(sessions, null, (session) => session.signIn('7'))).getSetCookie()

    expect(others).toEqual([])
    expect(line).toMatch(/^session=[\w.-]+; Max-Age=604800; Path=\/; /)
  })

  it('is signed again at once if an older key signed it', async () => {
    const older = secret('older')
    const { sessions } = flask({ secretKeyFallbacks: [older] })
    const came = '{"_permanent":true,"person_id":7}'
    const headers = await request(
      sessions,
      `session=${flaskCookie(came, older, noon)}`,
      (session) => void session.userId,
    )
    const written = cookiesOf(headers)['session']!

    expect(jsonIn(written)).toBe(came)
    expect(createSigner([Buffer.from(secretKey)]).unsign(written).outcome).toBe('signed')
  })

  it.each([
    ['in its last second', 7 * day, 'active'],
    ['once its lifetime is over', 7 * day + 1, 'expired'],
    ['one second ahead of our clock', -1, 'expired'],
  ])('of another host, %s: %d seconds are %s', async (_, age, outcome) => {
    const { sessions } = flask()
    const value = flaskCookie('{"person_id":7}', secretKey, noon - age * 1000)

    expect((await sessions.open(`session=${value}`)).outcome).toBe(outcome)
  })

  it('lasts as long as it is used at all, which is as long as Flask keeps it', async () => {
    const { sessions, clock } = flask({}, { idleTimeout: 60 * day, absoluteTimeout: 1 })
    const visitor = browser({ now: clock.now })
    const lines = await visit(sessions, visitor, (session) => {
      session.signIn('7')
      expect(session.expiresAt).toBe(noon + 60 * day * 1000)
    })
    expect(readSetCookie(lines.getSetCookie()[0]!).maxAge).toBe(60 * day)

    for (let month = 0; month < 12; month++) {
      clock.advance(30 * day)
      await visit(sessions, visitor, ({ userId, signedInAt }) => expect([userId, signedInAt]).toEqual(['7', null]))
    }
  })

  it('that was written here ends when it ends in Flask, whether it is remembered here or not', async () => {
    const { sessions, clock } = flask()
    const again = flask({}, { now: clock.now }).sessions
    const visitor = browser({ now: clock.now, forgetful: false })
    await visit(sessions, visitor, (session) => session.signIn('7'))

    clock.advance(7 * day + 5)
    for (const each of [sessions, again]) {
      const { outcome, userId } = await each.open(visitor.cookie)
      expect({ outcome, userId }).toEqual({ outcome: 'expired', userId: null })
    }
  })

  it('of the name that comes first wins if there are two, as in Flask', async () => {
    const { sessions } = flask()
    const [seven, eight] = ['7', '8'].map((id) => `session=${flaskCookie(`{"person_id":${id}}`, secretKey, noon)}`)

    expect((await sessions.open(`${seven}; ${eight}`)).userId).toBe('7')
    expect((await sessions.open(`${eight}; ${seven}`)).userId).toBe('8')
    expect((await sessions.open(`${seven}; session=garbage`)).userId).toBe('7')
  })

  it.each([
    ['', 'none'],
    ['.', 'forged'],
    ['..', 'forged'],
    ['garbage', 'forged'],
    ['a.b.c', 'forged'],
    ['\0', 'forged'],
    ['eyJhIjoxfQ.ZVPxAA.xBk4wMXJSD73PCZ4Y96jl6Ugmko', 'forged'],
    [flaskCookie('{"person_id":7}', secret('other'), noon), 'forged'],
    [flaskCookie('{"person_id":', secretKey, noon), 'malformed'],
    [flaskCookie('[7]', secretKey, noon), 'malformed'],
    [flaskCookie('{"a":{" u":"x"}}', secretKey, noon), 'malformed'],
    [flaskCookie('['.repeat(100_000), secretKey, noon), 'malformed'],
    [flaskCookie(`{"a":"${'x'.repeat(2 ** 21)}"}`, secretKey, noon), 'malformed'],
  ])('that is no good is a guest, and why: %#', async (value, outcome) => {
    const { sessions, events } = flask()
    const headers = await request(sessions, `session=${value}`, (session) => {
      expect([session.outcome, session.userId, { ...session.data }]).toEqual([outcome, null, {}])
    })

    expect(headers.getSetCookie()).toEqual([])
    expect(events).toMatchObject([{ type: 'opened', outcome }])
  })

  it('that would hold more than 128 KB is not written, however short it becomes', async () => {
    const draft = 'x'.repeat(2 ** 17)

    await expect(becomes(null, ({ data }) => void Object.assign(data, { draft }))).rejects.toMatchObject({
      code: 'ERR_COOKIE_TOO_BIG',
      message: expect.stringMatching(/131,102 bytes .* 131,072/),
    })
  })

  it('that is too big is refused, naming what is heavy', async () => {
    const noise = Array.from({ length: 4000 }, (_, index) => ((index * index * 7919) % 9973).toString(36)).join('')

    await expect(becomes(null, ({ data }) => void Object.assign(data, { noise }))).rejects.toMatchObject({
      code: 'ERR_COOKIE_TOO_BIG',
      message: expect.stringContaining('"noise"'),
    })
  })
})

describe('what is refused when it is made', () => {
  it.each<[what: string, options: unknown, code: string]>([
    ['no key', {}, 'ERR_SECRET_MISSING'],
    ['an empty key', { secretKey: '' }, 'ERR_SECRET_MISSING'],
    ['a key that is no text', { secretKey: 7 }, 'ERR_OPTIONS'],
    ['a text for the list of fallbacks', { secretKey, secretKeyFallbacks: 'older' }, 'ERR_OPTIONS'],
    ['an empty text for the list of fallbacks', { secretKey, secretKeyFallbacks: '' }, 'ERR_OPTIONS'],
    ['an empty fallback', { secretKey, secretKeyFallbacks: [''] }, 'ERR_SECRET_MISSING'],
    ['a missing fallback', { secretKey, secretKeyFallbacks: [undefined] }, 'ERR_SECRET_MISSING'],
    ['an empty userKey', { secretKey, userKey: '' }, 'ERR_OPTIONS'],
    ['a userKey that is taken', { secretKey, userKey: '_permanent' }, 'ERR_OPTIONS'],
    ['a userKey of messages', { secretKey, userKey: '_flashes' }, 'ERR_OPTIONS'],
  ])('%s', (_, options, code) => {
    expect(() => flaskFormat(options as FlaskFormatOptions)).toThrow(expect.objectContaining({ code }))
  })

  it.each<[what: string, options: object]>([
    ['secrets', { secrets: [secretKey] }],
    ['an audience', { audience: 'other' }],
    ['a store', { store: {} }],
    ['a name of its own for guests', { cookie: { guestName: 'guest' } }],
  ])('a format with %s', (_, options) => {
    expect(() => createSessions({ format: flaskFormat({ secretKey }), ...options })).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_(COOKIE_)?OPTIONS$/) }),
    )
  })
})
