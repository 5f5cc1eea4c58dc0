import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeFlask } from '../../support/servers/python.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { browser, cookiesOf } from '../../support/browser.ts'
import { anyMembers, anyValueOfRecords, flaskSessions, recordsOf } from '../../support/flask-session-records.ts'
import { request, visit } from '../../support/sessions.ts'
import { recordWriter, type RecordWriter } from '../../support/flask-servers/record-writer.ts'
import { seed } from '../../support/random.ts'

describeFlask('random sessions in Redis', () => {
  describeRedis.each([
    ['msgpack', 400],
    ['json', 100],
  ] as const)('as %s', (serialization, count) => {
    let server: RedisServer
    let flask: RecordWriter
    let kept: ReturnType<typeof recordsOf>
    let world: ReturnType<typeof flaskSessions>

    beforeAll(async () => {
      server = await startRedis()
      kept = recordsOf(server)
      flask = recordWriter(server.url, serialization)
      // Every request writes the record again.
      world = flaskSessions(server.url, { serialization }, { touchAfter: 0, remember: false })
    })
    afterAll(async () => {
      flask.close()
      await world.close()
      await server.stop()
    })

    it('made here are kept to the byte by Flask-Session, and read here again', async () => {
      const some = fc.sample(anyMembers(anyValueOfRecords(serialization === 'json')), { numRuns: count, seed })
      for (const data of some.map((each) => ({ first: 1, ...each }))) {
        const { session: sid = '' } = cookiesOf(await request(world.sessions, null, (session) => (session.data = data)))
        const hex = await kept.hex(`session:${sid}`)
        expect((await flask.again(sid)).sid).toBe(sid)
        expect(await kept.hex(`session:${sid}`)).toBe(hex)
        expect({ ...(await world.sessions.open(`session=${sid}`)).data }).toEqual(data)
      }
    }, 120_000)

    it('made by Flask-Session are kept to the byte here, but for what changes', async () => {
      const visitor = browser()
      for (let at = seed; at < seed + count; at++) {
        const { sid } = await flask.make(at)
        // As Python reads it: tuples and the like are something else by then.
        const { values } = await flask.again(sid)
        const hex = await kept.hex(`session:${sid}`)
        visitor.put('session', sid)
        await visit(world.sessions, visitor, (session) => {
          expect({ at, outcome: session.outcome }).toEqual({ at, outcome: 'active' })
          expect(Object.keys(session.data).length).toBeGreaterThan(0)
        })
        expect({ at, hex: await kept.hex(`session:${sid}`) }).toEqual({ at, hex })
        await visit(world.sessions, visitor, ({ data }) => void (data.first += 1))
        const again = await flask.again(sid)
        const changed = values.replace(`'first': ${at}`, `'first': ${at + 1}`)
        expect({ at, values: again.values }).toEqual({ at, values: changed })
      }
    }, 120_000)
  })
})
