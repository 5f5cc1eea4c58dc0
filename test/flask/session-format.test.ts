import { describe, expect, it } from 'vitest'
import { flaskSessionFormat, type FlaskSessionFormatOptions } from '../../src/flask/session-format.ts'
import { signer, records } from '../support/flask-session-records.ts'
import { secret } from '../support/sessions.ts'
import { context } from '../support/tokens.ts'

const sid = 'U0U6GcvH9gNR4TcJI3tgJQB7a_Wml0qrqgPV4Z6hraM'

function formatOf(options: Partial<FlaskSessionFormatOptions> = {}) {
  return flaskSessionFormat({
    secretKey: undefined,
    secretKeyFallbacks: [],
    useSigner: false,
    userKey: 'person_id',
    isJson: false,
    idLength: 32,
    ...options,
  })
}

const signed = (secretKey: string, secretKeyFallbacks: string[] = []) =>
  formatOf({ useSigner: true, secretKey, secretKeyFallbacks })

describe("Flask-Session's cookie", () => {
  it('is the id, which is all that there is', () => {
    const format = formatOf()
    const opened = format.open(sid, context)
    expect(opened).toMatchObject({
      outcome: 'active',
      key: 0,
      token: { identity: { id: sid, secret: sid }, data: null },
    })
    expect(format.seal(opened.outcome === 'active' ? opened.token : expect.fail(), context)).toBe(sid)
  })

  it('is new for each session, and for one that is renewed: 32 random bytes', () => {
    const { createIdentity } = formatOf()
    const first = createIdentity!()
    expect(first.id).toMatch(/^[\w-]{43}$/)
    expect(first.secret).toBe(first.id)
    expect(createIdentity!(first).id).not.toBe(first.id)
    expect(formatOf({ idLength: 16 }).createIdentity!().id).toHaveLength(22)
  })

  it.each(['', 'cache:user:1', '../x', 'a b', '*', 'a.b', 'é', 'a'.repeat(129), '{a}', 'a\n', '"a"'])(
    'names no key but a session’s: not %j',
    (value) => {
      expect(formatOf().open(value, context)).toEqual({ outcome: 'malformed' })
    },
  )

  it.each(signer)('is signed as Flask-Session signs it: $cookie', ({ secretUtf8, sid, cookie }) => {
    const format = signed(secretUtf8)
    const opened = format.open(cookie, context)
    expect(opened).toMatchObject({ outcome: 'active', token: { identity: { id: sid } } })
    expect(format.seal(opened.outcome === 'active' ? opened.token : expect.fail(), context)).toBe(cookie)
  })

  it.each(records.filter(({ config }) => config['SESSION_USE_SIGNER'] === true))(
    'of $id opens by its signature',
    ({ config, cookie, steps = [] }) => {
      const cookies = [cookie, ...steps.map(({ setCookie }) => /=([^;]*)/.exec(setCookie ?? '')?.[1])]
      for (const value of cookies.filter((each) => each !== undefined)) {
        expect(signed(String(config['SECRET_KEY'])).open(value, context).outcome).toBe('active')
      }
    },
  )

  it('is missing without its own signature', () => {
    const format = signed(secret('shared'))
    const { cookie } = signer[0]!
    for (const value of ['', '.', sid, `${sid}.`, cookie, `${cookie}x`, `${sid}.${'A'.repeat(27)}`]) {
      expect(format.open(value, context)).toEqual({ outcome: 'forged' })
    }
  })

  it('is read by an older key, and returns which it was', () => {
    const older = signed(secret('old'))
    const value = older.seal({ identity: { id: sid, secret: sid } } as never, context)
    expect(signed(secret('new'), [secret('old')]).open(value, context)).toMatchObject({ outcome: 'active', key: 1 })
    expect(signed(secret('new')).open(value, context)).toEqual({ outcome: 'forged' })
  })

  it('needs a key for its signature, and else none', () => {
    expect(() => formatOf({ useSigner: true })).toThrow(expect.objectContaining({ code: 'ERR_SECRET_MISSING' }))
    expect(() => formatOf({ secretKeyFallbacks: 'old' as never })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTIONS' }),
    )
    expect(formatOf().keysFor('csrf 1')).toHaveLength(1)
  })

  it('refuses a value longer than a session, unless it came so: JSON may be shorter', () => {
    const { codec } = formatOf()
    const long = 'x'.repeat(2 ** 20)
    const came = `\xdb\x00\x10\x00\x00${long}`
    expect(() => codec!.stringify(long, 'a')).toThrow(/session\.data\.a takes more than 1 MB/)
    expect(codec!.stringify(long, 'a', came) === came).toBe(true)
  })

  it('refuses what is not the application’s to write', () => {
    const { codec } = formatOf()
    for (const name of ['_permanent', 'person_id']) {
      expect(() => codec!.stringify(1, name)).toThrow(expect.objectContaining({ code: 'ERR_DATA' }))
      expect(codec!.stringify(null, name, '\xc0')).toBe('\xc0')
    }
  })
})
