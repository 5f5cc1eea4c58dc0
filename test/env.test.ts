import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { optionsFromEnv } from '../src/env.ts'
import { createSessions } from '../src/index.ts'
import { signedInAs } from '../src/testing/testing.ts'
import { cookiesOf } from './support/browser.ts'

const key = 'a key of these tests, of 32 bytes or more'
const older = 'an older key of these tests, 32 bytes or more'

const setCookieFrom = async (env: Record<string, string>, userId = '7') => {
  const sessions = createSessions(await optionsFromEnv(env))
  const session = await sessions.open(null)
  session.signIn(userId)
  const [line = ''] = (await sessions.commit(session)).getSetCookie()
  return line
}
const userIn = async (env: Record<string, string>, line: string) => {
  const sessions = createSessions(await optionsFromEnv(env))
  return (await sessions.open(line.split(';')[0])).userId
}

describe('options from the environment', () => {
  it('are none where nothing is set, so that createSessions has its defaults', async () => {
    expect(await optionsFromEnv({})).toEqual({})
    expect(await optionsFromEnv({ SECRET_KEY: '', SESSION_COOKIE_SECURE: '', PERMANENT_SESSION_LIFETIME: '' })).toEqual(
      {},
    )
  })

  it('have the names that Flask gives them', async () => {
    const options = await optionsFromEnv({
      SECRET_KEY: key,
      SECRET_KEY_FALLBACKS: JSON.stringify([older]),
      PERMANENT_SESSION_LIFETIME: '3600',
      SESSION_ABSOLUTE_LIFETIME: '86400',
      SESSION_UNCONFIRMED_FOR: '0',
      SESSION_REFRESH_EACH_REQUEST: 'True',
      SESSION_COOKIE_NAME: 'shop',
      SESSION_COOKIE_DOMAIN: 'example.com',
      SESSION_COOKIE_PATH: '/shop',
      SESSION_COOKIE_SECURE: 'True',
      SESSION_COOKIE_HTTPONLY: 'yes',
      SESSION_COOKIE_SAMESITE: 'Strict',
      SESSION_COOKIE_PARTITIONED: '1',
    })

    expect(options).toEqual({
      secrets: [key, older],
      idleTimeout: 3600,
      absoluteTimeout: 86400,
      unconfirmedFor: 0,
      touchAfter: 0,
      cookie: {
        name: 'shop',
        domain: 'example.com',
        path: '/shop',
        secure: true,
        httpOnly: true,
        sameSite: 'strict',
        partitioned: true,
      },
    })
    expect(() => createSessions(options)).not.toThrow()
  })

  it('come with close, whether they are taken whole or apart', async () => {
    const whole = await optionsFromEnv({ SECRET_KEY: key })
    expect(() => createSessions(whole)).not.toThrow()
    await whole.close()

    const { close, ...options } = await optionsFromEnv({ SECRET_KEY: key })
    expect(options).toEqual({ secrets: [key] })
    expect(() => createSessions(options)).not.toThrow()
    await close()
  })

  it.each([
    ['true', true],
    ['TRUE', true],
    ['1', true],
    ['Yes', true],
    ['false', false],
    ['False', false],
    ['0', false],
    ['no', false],
  ])('take %s for a truth value', async (text, value) => {
    expect((await optionsFromEnv({ SESSION_COOKIE_HTTPONLY: text })).cookie).toEqual({ httpOnly: value })
  })

  it('leave it to createSessions how often use is written down, unless each request is to refresh', async () => {
    expect(await optionsFromEnv({ SESSION_REFRESH_EACH_REQUEST: 'false' })).toEqual({})
  })

  it.each([
    ['PERMANENT_SESSION_LIFETIME', '7d', 'a whole number of seconds'],
    ['PERMANENT_SESSION_LIFETIME', '0', 'at least 1'],
    ['PERMANENT_SESSION_LIFETIME', '-1', 'a whole number of seconds'],
    ['PERMANENT_SESSION_LIFETIME', '1e3', 'a whole number of seconds'],
    ['SESSION_ABSOLUTE_LIFETIME', '3600.5', 'a whole number of seconds'],
    ['SESSION_ABSOLUTE_LIFETIME', ' 3600', 'a whole number of seconds'],
    ['SESSION_UNCONFIRMED_FOR', '10m', 'a whole number of seconds, at least 0'],
    ['SESSION_COOKIE_SECURE', 'on', 'true or false'],
    ['SESSION_REFRESH_EACH_REQUEST', 'None', 'true or false'],
    ['SESSION_COOKIE_SAMESITE', 'loose', 'Strict, Lax or None'],
    ['SECRET_KEY_FALLBACKS', '["a', 'a JSON array of strings'],
    ['SESSION_TYPE', 'filesystem', 'Use cookie'],
  ])('refuse %s=%s, and say what it takes', async (name, value, takes) => {
    const error = (await optionsFromEnv({ SECRET_KEY: key, [name]: value }).catch((thrown: unknown) => thrown)) as Error
    expect(error).toMatchObject({ code: 'ERR_OPTIONS' })
    expect(error.message).toContain(name)
    expect(error.message).toContain(takes)
  })

  it.each([
    ['redis', 'REDIS_URL', '127.0.0.1:6379?hunter2'],
    ['redis', 'REDIS_URL', 'http://:hunter2@127.0.0.1:6379'],
    ['postgres', 'DATABASE_URL', 'ada:hunter2@127.0.0.1'],
    ['postgres', 'DATABASE_URL', 'mysql://ada:hunter2@127.0.0.1/shop'],
  ])('refuse what is no address for %s, and do not repeat it: %s', async (type, name, value) => {
    const env = { SECRET_KEY: key, SESSION_TYPE: type, [name]: value }
    const error = (await optionsFromEnv(env).catch((thrown: unknown) => thrown)) as Error
    expect(error).toMatchObject({
      code: 'ERR_OPTIONS',
      message: expect.stringMatching(`^${name} is not a server address.*://`),
    })
    expect(error.message).not.toContain('hunter2')
  })
})

describe('SESSION_TYPE=flask', () => {
  const flask = { SESSION_TYPE: 'flask', SECRET_KEY: key }

  it("reads and writes Flask's cookie, in its one name", async () => {
    const line = await setCookieFrom(flask)

    expect(line).toMatch(/^session=[\w.-]+\.[\w-]+\.[\w-]{27}; /)
    expect(Buffer.from(line.slice('session='.length).split('.')[0]!, 'base64url').toString()).toBe(
      '{"_permanent":true,"person_id":7}',
    )
    expect(await userIn(flask, line)).toBe('7')
  })

  it('has the name that SESSION_COOKIE_NAME gives, for guests too', async () => {
    const sessions = createSessions(await optionsFromEnv({ ...flask, SESSION_COOKIE_NAME: 'shop' }))
    const guest = await sessions.open(null)
    guest.flash('info', 'Hello.')
    expect(Object.keys(cookiesOf(await sessions.commit(guest)))).toEqual(['shop'])
  })

  it('opens what a fallback signed', async () => {
    const line = await setCookieFrom({ ...flask, SECRET_KEY: older })

    expect(await userIn(flask, line)).toBeNull()
    expect(
      await userIn({ ...flask, SECRET_KEY_FALLBACKS: `another one of 32 bytes and more, ${older}` }, line),
    ).toBeNull()
    expect(await userIn({ ...flask, SECRET_KEY_FALLBACKS: JSON.stringify([older]) }, line)).toBe('7')
  })

  it("asks for Flask's key if there is none", async () => {
    await expect(optionsFromEnv({ SESSION_TYPE: 'flask' })).rejects.toMatchObject({
      code: 'ERR_SECRET_MISSING',
      message: expect.stringContaining('SECRET_KEY: exactly the one of the Flask application'),
    })
  })
})

describe('SESSION_TYPE=sqlite', () => {
  let folder: string
  let env: Record<string, string>

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sojourn-env-'))
    env = { SESSION_TYPE: 'sqlite', SECRET_KEY: key, DATA_DIR: join(folder, 'data') }
  })

  afterEach(() => rm(folder, { recursive: true }))

  it('keeps sessions in sessions.db of DATA_DIR, which it makes for its owner alone', async () => {
    const options = await optionsFromEnv(env)
    const cookie = await signedInAs(createSessions(options), '7', { label: 'Firefox' })
    const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

    expect(await modeOf(env['DATA_DIR']!)).toBe('700')
    for (const file of ['sessions.db', 'sessions.db-wal', 'sessions.db-shm'])
      expect(await modeOf(join(env['DATA_DIR']!, file))).toBe('600')
    await options.close()

    const { close, ...again } = await optionsFromEnv(env)
    const sessions = createSessions(again)
    expect((await sessions.open(cookie)).userId).toBe('7')
    expect(await sessions.list('7')).toMatchObject([{ userId: '7', label: 'Firefox' }])
    await close()
  })

  it('is closed by close', async () => {
    const options = await optionsFromEnv(env)
    await options.close()

    await expect(createSessions({ ...options, onEvent: () => {} }).list('7')).rejects.toMatchObject({
      code: 'ERR_SESSION_UNAVAILABLE',
    })
  })

  it('adopts a user who signed in before it was set', async () => {
    const line = await setCookieFrom({ SECRET_KEY: key })

    const options = await optionsFromEnv(env)
    const sessions = createSessions(options)
    expect((await sessions.open(line.split(';')[0])).userId).toBe('7')
    expect(await sessions.list('7')).toHaveLength(1)
    await options.close()
  })

  it('is refused where the folder cannot be made', async () => {
    await expect(optionsFromEnv({ ...env, DATA_DIR: '/dev/null/data' })).rejects.toMatchObject({
      code: expect.stringMatching(/ENOTDIR|EEXIST|ENOENT/),
    })
  })
})
