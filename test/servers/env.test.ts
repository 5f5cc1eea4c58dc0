import { afterAll, beforeAll, expect, it } from 'vitest'
import { optionsFromEnv } from '../../src/env.ts'
import { createSessions } from '../../src/index.ts'
import { signedInAs } from '../../src/testing/testing.ts'
import { describePostgres, startPostgres, type PostgresServer } from '../support/servers/postgres.ts'
import { describeRedis, startRedis, type RedisServer } from '../support/servers/redis.ts'

const key = 'a key of these tests, of 32 bytes or more'

describeRedis('SESSION_TYPE=flask-redis', () => {
  let server: RedisServer
  beforeAll(async () => void (server = await startRedis({ args: ['--appendonly', 'yes'] })))
  afterAll(() => server.stop())

  const env = (more: Record<string, string> = {}) => ({ SESSION_TYPE: 'flask-redis', REDIS_URL: server.url, ...more })

  async function signedIn(more?: Record<string, string>): Promise<string> {
    const { close, ...options } = await optionsFromEnv(env(more))
    const cookie = await signedInAs(createSessions(options), '7')
    await close()
    return cookie
  }

  it.each([
    [{}, true],
    [{ SESSION_PERMANENT: 'true' }, true],
    [{ SESSION_PERMANENT: 'False' }, false],
  ])('has cookies outlive the browser as Flask-Session does, with %j', async (more, outlives) => {
    const { close, ...options } = await optionsFromEnv(env(more))
    const sessions = createSessions(options)
    const session = await sessions.open(null)
    session.signIn('7')
    expect((await sessions.commit(session)).getSetCookie()[0]!.includes('Max-Age')).toBe(outlives)
    await close()
  })

  it("keeps Flask-Session's records in the Redis of REDIS_URL, for other processes too, until close", async () => {
    const cookie = await signedIn()
    expect(cookie).toMatch(/^session=[\w-]{43}$/)

    const { close, ...options } = await optionsFromEnv(env())
    expect((await createSessions(options).open(cookie)).userId).toBe('7')
    await close()
    const session = await createSessions({ ...options, onEvent: () => {} }).open(cookie)
    expect(session.outcome).toBe('unavailable')
  })

  it('has the names that Flask-Session gives its options', async () => {
    const cookie = await signedIn({
      SECRET_KEY: key,
      SESSION_USE_SIGNER: 'True',
      SESSION_KEY_PREFIX: 'shop:',
      SESSION_SERIALIZATION_FORMAT: 'json',
      SESSION_ID_LENGTH: '24',
    })
    const [, sid] = /^session=([\w-]{32})\.[\w-]{27}$/.exec(cookie)!
    expect(await server.ask('GET', `shop:${sid}`)).toBe('{"_permanent":true,"person_id":7}')
  })

  it('takes an empty SESSION_KEY_PREFIX for what it is, as Flask-Session does, where ids are signed', async () => {
    const signing = { SECRET_KEY: key, SESSION_USE_SIGNER: 'true', SESSION_SERIALIZATION_FORMAT: 'json' }
    const [, sid] = /^session=([\w-]{43})\./.exec(await signedIn({ ...signing, SESSION_KEY_PREFIX: '' }))!
    expect(await server.ask('GET', sid!)).toBe('{"_permanent":true,"person_id":7}')
    const refused = optionsFromEnv(env({ SESSION_KEY_PREFIX: '' }))
    await expect(refused).rejects.toMatchObject({
      code: 'ERR_OPTIONS',
      message: expect.stringMatching(/^SESSION_KEY_PREFIX is empty.*SESSION_USE_SIGNER/),
    })
  })

  it.each([
    ['SESSION_SERIALIZATION_FORMAT', 'pickle', 'ERR_OPTIONS'],
    ['SESSION_ID_LENGTH', '8', 'ERR_OPTIONS'],
    ['SESSION_USE_SIGNER', 'maybe', 'ERR_OPTIONS'],
    ['SESSION_USE_SIGNER', 'true', 'ERR_SECRET_MISSING'],
  ])('refuses %s=%s where it makes no sense', async (name, value, code) => {
    await expect(optionsFromEnv(env({ [name]: value }))).rejects.toMatchObject({ code })
  })
})

describeRedis('SESSION_TYPE=redis', () => {
  let server: RedisServer
  beforeAll(async () => void (server = await startRedis({ args: ['--appendonly', 'yes'] })))
  afterAll(() => server.stop())

  const env = () => ({ SESSION_TYPE: 'redis', SECRET_KEY: key, REDIS_URL: server.url })

  it('keeps sessions in the Redis of REDIS_URL, for other processes too, until close', async () => {
    const { close, ...options } = await optionsFromEnv(env())
    const cookie = await signedInAs(createSessions(options), '7', { label: 'Firefox' })
    await close()
    await expect(createSessions({ ...options, onEvent: () => {} }).list('7')).rejects.toMatchObject({
      code: 'ERR_SESSION_UNAVAILABLE',
    })

    const again = await optionsFromEnv(env())
    const sessions = createSessions(again)
    expect((await sessions.open(cookie)).userId).toBe('7')
    expect(await sessions.list('7')).toMatchObject([{ userId: '7', label: 'Firefox' }])
    await again.close()
  })

  it('is created before there is a server, and uses the server of this machine if none is named', async () => {
    const { store, close } = await optionsFromEnv({ SESSION_TYPE: 'redis', SECRET_KEY: key })
    expect(store).toBeDefined()
    await close()
  })
})

describePostgres('SESSION_TYPE=postgres', () => {
  let server: PostgresServer
  beforeAll(async () => void (server = await startPostgres()))
  afterAll(() => server.stop())

  const env = () => ({ SESSION_TYPE: 'postgres', SECRET_KEY: key, DATABASE_URL: server.url })

  it('keeps sessions in the database of DATABASE_URL, in a table that is made when missing, until close', async () => {
    const options = await optionsFromEnv(env())
    const cookie = await signedInAs(createSessions(options), '7', { label: 'Firefox' })
    await options.close()
    await expect(createSessions({ ...options, onEvent: () => {} }).list('7')).rejects.toMatchObject({
      code: 'ERR_SESSION_UNAVAILABLE',
    })

    const again = await optionsFromEnv(env())
    const sessions = createSessions(again)
    expect((await sessions.open(cookie)).userId).toBe('7')
    expect(await sessions.list('7')).toMatchObject([{ userId: '7', label: 'Firefox' }])
    await again.close()
  })

  it('needs a URL', async () => {
    await expect(optionsFromEnv({ SESSION_TYPE: 'postgres', SECRET_KEY: key })).rejects.toMatchObject({
      code: 'ERR_OPTIONS',
      message: expect.stringContaining('SESSION_TYPE=postgres requires DATABASE_URL, such as postgres://'),
    })
  })

  it('is refused where the table cannot be made, in words without the password', async () => {
    const url = new URL(server.url)
    url.username = 'nobody'
    url.password = 'hunter2'
    const refused = optionsFromEnv({ ...env(), DATABASE_URL: url.href }).catch((thrown: unknown) => thrown)
    const error = (await refused) as Error
    expect(error).toBeInstanceOf(Error)
    expect(`${error.message} ${error.stack}`).not.toContain('hunter2')
  })
})
