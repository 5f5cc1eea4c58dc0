import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { fromFlask } from '../../../src/flask/from/flask.ts'
import { fromFlaskSession } from '../../../src/flask/from/flask-session.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { login, sid } from '../../support/flask-session-redis.ts'
import { browser } from '../../support/browser.ts'
import { stoppedClock } from '../../support/clock.ts'
import { flaskCookie } from '../../support/flask-cookies.ts'
import { recordsOf } from '../../support/flask-session-records.ts'
import { secret, visit } from '../../support/sessions.ts'
import { storeWorld } from '../../support/stores.ts'

// Failures of session libraries that happened, and what would have shown each, where sessions are taken over.

const secretKey = secret('shared')

describe('what Flask gave out', () => {
  it.each(['signOut', 'revokeAll'] as const)(
    'CVE-2026-79624 (Apache Answer): dies with ours, every cookie of it, after %s',
    async (end) => {
      const clock = stoppedClock()
      const { sessions } = storeWorld({ accept: [fromFlask({ secretKey, keepCookie: true })], cookie: { name: 'app' } }, undefined, clock) // prettier-ignore
      const flask = [1, 2, 3].map((at) => flaskCookie(`{"a":${at},"person_id":7}`, secretKey, clock.now()))
      const visitor = browser({ now: clock.now })
      visitor.put('session', flask[0]!)
      await visit(sessions, visitor)
      const given = [visitor.cookie]
      await visit(sessions, visitor, (session) => session.renew())
      given.push(visitor.cookie, ...flask.map((value) => `session=${value}`))
      clock.advance(5)
      if (end === 'revokeAll') await sessions.revokeAll('7')
      else {
        const session = await sessions.open(given.slice(1).join('; '))
        session.signOut()
        await sessions.commit(session)
      }

      for (const cookie of given)
        for (const one of [cookie, ...cookie.split('; ')]) expect((await sessions.open(one)).userId).toBeNull()
    },
  )
})

describeRedis('what Flask-Session keeps', () => {
  let server: RedisServer
  let kept: ReturnType<typeof recordsOf>
  let reader: ReturnType<typeof fromFlaskSession>

  beforeAll(async () => {
    server = await startRedis()
    kept = recordsOf(server)
    reader = fromFlaskSession(server.url)
  })
  afterAll(async () => {
    await reader.close()
    await server.stop()
  })
  afterEach(() => server.ask('FLUSHALL'))

  const taking = () => storeWorld({ accept: [reader], storeTimeout: 5 }, undefined, { now: Date.now, advance() {} })

  it.each([
    // {'person_id': 7}, as Flask-Session wrote it up to 0.6.
    ['that names the user', '80049516000000000000007d94288c09706572736f6e5f6964944b07752e'],
    ['that runs a command', Buffer.from("cos\nsystem\n(S'exit 1'\ntR.").toString('hex')],
  ])('Flask-Session before 0.7: pickle %s makes a guest of its bearer, and stays as it is', async (_, hex) => {
    const { sessions } = taking()
    await kept.put(`session:${sid}`, hex, 86_400)
    const session = await sessions.open(`session=${sid}`)
    expect(session).toMatchObject({ outcome: 'none', userId: null })
    session.signOut()
    await sessions.commit(session)

    expect(await kept.hex(`session:${sid}`)).toBe(hex)
    expect(await kept.ttl(`session:${sid}`)).toBeGreaterThan(86_000)
  })

  it.each(['../x', '../../etc/passwd', 'a/b', 'a:b', 'a.b', '*', `${sid}*`, 'x'.repeat(129)])(
    'CVE-2025-61686 (React Router), CVE-2024-3400 (PAN-OS): the id %j asks for nothing',
    async (id) => {
      const { sessions } = taking()
      await kept.put(`session:${id}`, login)

      expect((await sessions.open(`session=${id}`)).userId).toBeNull()
    },
  )
})
