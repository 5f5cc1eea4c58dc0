import { afterAll, beforeAll, expect, it } from 'vitest'
import { flaskFormat } from '../../../src/flask/index.ts'
import { createSessions, type Session } from '../../../src/index.ts'
import { describeFlask } from '../../support/servers/python.ts'
import { jsonIn } from '../../support/flask-cookies.ts'
import { secret, visit } from '../../support/sessions.ts'
import { flaskProcess, type FlaskProcess } from '../../support/flask-servers/process.ts'
import { visitorOf, type Visitor } from '../../support/flask-servers/visitor.ts'

const secretKey = secret('shared')
// Every request writes the cookie again.
const sessions = createSessions({ format: flaskFormat({ secretKey }), touchAfter: 0, cookie: { secure: false } })

describeFlask('a value that Flask set', () => {
  let flask: FlaskProcess
  let names: string[]

  beforeAll(async () => {
    flask = await flaskProcess('app.py')
    await flask.start({ SECRET_KEY: secretKey })
    names = JSON.parse(await visitorOf(flask.url).get('/flask/values')) as string[]
  })
  afterAll(() => flask.stop())

  it('comes back unchanged from five round trips', async () => {
    expect(names.length).toBeGreaterThan(12)
    for (const name of names) {
      const { visitor, set } = await holderOf(name)
      for (let trip = 0; trip < 5; trip++) {
        const before = visitor.cookies.get('session')
        await visit(sessions, visitor.cookies, (session) => void session.data)
        expect(visitor.cookies.get('session')).not.toBe(before)
        expect({ name, json: jsonIn(visitor.cookies.get('session')!) }).toEqual({ name, json: set })
        expect({ name, json: await visitor.post('/flask/again') }).toEqual({ name, json: set })
      }
    }
  })

  it('comes back unchanged where another is changed on each trip', async () => {
    for (const name of names) {
      const { visitor, set } = await holderOf(name)
      for (let trip = 0; trip < 5; trip++) {
        await visit(sessions, visitor.cookies, ({ data }: Session) => void Object.assign(data, { trip }))
        const json = `{"trip":${trip},${set.slice(1)}`
        expect({ name, json: await visitor.post('/flask/again') }).toEqual({ name, json })
      }
    }
  })

  async function holderOf(name: string): Promise<{ visitor: Visitor; set: string }> {
    const visitor = visitorOf(flask.url)
    const set = await visitor.post(`/flask/set/${encodeURIComponent(name)}`)
    expect(set).toBe(jsonIn(visitor.cookies.get('session')!))
    return { visitor, set }
  }
})
