import { describe, expect, it } from 'vitest'
import { createSidSigner } from '../../../src/flask/sid.ts'
import { signedInAs } from '../../../src/testing/testing.ts'
import { describeRedis, startRedis } from '../../support/servers/redis.ts'
import { flaskSessions, records, signer } from '../../support/flask-session-records.ts'
import { env, json, report } from '../../support/cli-inspect.ts'
import { sojourn } from '../../support/cli.ts'

const secretKey = env.SECRET_KEY
// Not at random: one in 64 begins with a dash, as options do.
const sid = 'hT4Zc-0Jm_Wq8sXv3bN7yLrE5kP1aDgU2fHiCoM9tQw'
const signed = createSidSigner([Buffer.from(secretKey)]).sign(sid)

describe("of Flask-Session's cookie, inspect", () => {
  it('says whose it is, that it cannot say more, and who can', async () => {
    const { code, stdout, stderr, rows } = await report([`session=${sid}`])

    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout).toMatch(
      '? This looks like a Flask-Session id. Its session is in Redis, which inspect does not read.',
    )
    expect(stdout).toContain('redis-cli EXISTS session:ID')
    expect(rows).toEqual({
      outcome: 'unavailable',
      cookie: 'session',
      session: expect.stringMatching(/^[\w-]{43}, as in session\.id, events and logs$/),
      bytes: '43; 50 of 4,096 including its name',
    })
  })

  it.each([
    ['an id', sid],
    ['a signed id', signed],
    ['one that no key here signed', createSidSigner([Buffer.from('another key')]).sign(sid)],
  ])('does not show %s, which is a credential', async (_, cookie) => {
    const said = [await report(['--show', cookie]), await json(['--show', cookie])]
    expect(JSON.stringify(said)).not.toContain(sid.slice(0, 20))
    expect(JSON.stringify(said)).toContain('Flask-Session')
  })

  it('needs no key for it, and says which one signed it', async () => {
    for (const cookie of [sid, signed]) {
      expect(await json([cookie], { env: {} })).toMatchObject({ code: 1, outcome: 'unavailable', key: null })
    }
    const rotated = { SECRET_KEY: 'short', SECRET_KEY_FALLBACKS: secretKey }
    expect((await report([signed], { env: rotated })).rows['signed by']).toBe('fallback 1')
    expect(await json([signed], { env })).toMatchObject({ format: 'flask-session', outcome: 'unavailable', key: 0 })

    const { code, stdout, rows } = await report([signed], { env: { SECRET_KEY: 'short' } })
    expect(code).toBe(1)
    expect(stdout).toMatch('✗ This looks like a Flask-Session id, but none of these keys signed it.\n')
    expect(rows).toMatchObject({
      outcome: 'forged',
      'signed by': 'none of the keys here',
      'keys here': 'SECRET_KEY of the environment',
    })
    expect(rows).not.toHaveProperty('session')
  })

  it('reports each that Flask-Session itself has made', async () => {
    const made = records.flatMap(({ cookie = '' }) => cookie.match(/[\w-]{43}(\.[\w-]{27})?/)?.[0] ?? [])
    expect(made.length).toBeGreaterThan(5)
    const { stdout } = await sojourn(['inspect', '--json'], { input: made.join('\n') })
    const printed = stdout.trimEnd().split('\n')
    expect(printed.map((line) => JSON.parse(line) as unknown)).toMatchObject(
      made.map((value) => ({ format: 'flask-session', outcome: 'unavailable', bytes: value.length })),
    )
    for (const { secretUtf8, cookie } of signer.filter(({ secretUtf8 }) => secretUtf8 !== '')) {
      const judged = await json(['--format', 'flask-session', cookie], { env: { SECRET_KEY: secretUtf8 } })
      expect([cookie, judged]).toMatchObject([cookie, { outcome: 'unavailable', key: 0 }])
    }
  })

  it('recognizes it by its look, and takes what --format says', async () => {
    const uuid = '0d9cf8a2-1b2c-4d3e-8f90-123456789abc'
    for (const line of [`Cookie: a=b; session=${sid}`, `session=${sid}; Path=/; HttpOnly`, `sid=${signed}`, uuid]) {
      expect([line, await json([line])]).toMatchObject([line, { format: 'flask-session', outcome: 'unavailable' }])
    }
    const short = sid.slice(0, 22)
    expect(await json([short])).toMatchObject({ format: 'sealed', outcome: 'malformed' })
    expect(await json(['--format', 'flask-session', short])).toMatchObject({ outcome: 'unavailable' })
    expect(await json(['--format', 'flask-session', 'a b'])).toMatchObject({ outcome: 'malformed', id: null })
    expect(await json(['--format', 'flask-session', 'Cookie: a=b'])).toMatchObject({ outcome: 'none' })
    expect(await json(['--format', 'sealed', sid])).toMatchObject({ format: 'sealed', outcome: 'malformed' })
  })
})

describeRedis("the id that inspect shows of Flask-Session's", () => {
  it('is session.id', async () => {
    const redis = await startRedis({ args: ['--appendonly', 'yes'] })
    const { sessions, close } = flaskSessions(redis.url)
    try {
      const cookie = await signedInAs(sessions, '7')
      const { id } = await sessions.open(cookie)
      expect(await json([cookie])).toMatchObject({ id, outcome: 'unavailable' })
    } finally {
      await close()
      await redis.stop()
    }
  })
})
