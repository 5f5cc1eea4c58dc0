import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { flaskFormat } from '../../../src/flask/index.ts'
import { createSessions } from '../../../src/index.ts'
import { describeFlask } from '../../support/servers/python.ts'
import { anyDict, anyValue, jsonIn } from '../../support/flask-cookies.ts'
import { cookiesOf } from '../../support/browser.ts'
import { request, secret } from '../../support/sessions.ts'
import { rewriter, sessionsOfFlask, type Rewriter } from '../../support/flask-servers/cookie-writer.ts'
import { seed } from '../../support/random.ts'

const secretKey = secret('shared')
const sessions = createSessions({ format: flaskFormat({ secretKey }), touchAfter: 0, cookie: { secure: false } })

describeFlask('random sessions', () => {
  let flask: Rewriter

  beforeAll(() => {
    flask = rewriter(secretKey)
  })
  afterAll(() => flask.close())

  it('made here are read and written by Flask, and read and written here again', async () => {
    await fc.assert(
      fc.asyncProperty(anyDict(anyValue), async (data) => {
        const made = await begin(data)
        fc.pre(made !== null)
        const kept = await flask.rewrite(made)
        expect(kept.json).toBe(jsonIn(made))
        expect(jsonIn(kept.cookie)).toBe(kept.json)
        expect(jsonIn(await again(kept.cookie))).toBe(kept.json)
      }),
      { numRuns: 1000, seed },
    )
  }, 120_000)

  it('made by Flask are read and written here, and read by Flask again', async () => {
    const made = await sessionsOfFlask(secretKey, seed, 1000)
    expect(made).toHaveLength(1000)
    for (const { json, cookie } of made) {
      const written = await again(cookie)
      expect({ seed, json: jsonIn(written) }).toEqual({ seed, json })
      expect({ seed, json: (await flask.rewrite(written)).json }).toEqual({ seed, json })
    }
  }, 120_000)
})

/** The cookie of a new session; `null` if there is none, or it is too big. */
async function begin(data: Record<string, unknown>): Promise<string | null> {
  try {
    const headers = await request(sessions, null, (session) => void (session.data = data))
    return cookiesOf(headers)['session'] || null
  } catch (error) {
    expect(error).toHaveProperty('code', 'ERR_COOKIE_TOO_BIG')
    return null
  }
}

/** The cookie after a request that read all of a session, and changed nothing. */
async function again(cookie: string): Promise<string> {
  const headers = await request(sessions, `session=${cookie}`, ({ data, outcome }) => {
    expect(outcome).toBe('active')
    expect(Object.keys(data).length).toBeGreaterThan(0)
  })
  return cookiesOf(headers)['session']!
}
