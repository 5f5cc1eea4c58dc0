import { afterAll, beforeAll, expect, it } from 'vitest'
import { organizerProcess, type OrganizerProcess } from '../../../organizer/test/browser/server.ts'
import { describeFlask } from '../../support/servers/python.ts'
import { secret } from '../../support/sessions.ts'
import { flaskProcess, type FlaskProcess } from '../../support/flask-servers/process.ts'
import { oneHost, type OneHost } from '../../support/http-proxy.ts'
import { visitorOf, type Visitor } from '../../support/flask-servers/visitor.ts'

const demo = { email: 'john.smith@example.com', password: 'password123', remember: 'on' }
const login = '/organizer/login'
const dashboard = '/organizer/'
const supper = { title: 'Supper', date: '2030-12-24', time: '18:30', place: 'Kitchen', description: '' }

describeFlask('Flask and the organizer on one host', () => {
  let flask: FlaskProcess
  let organizer: OrganizerProcess
  let host: OneHost
  let visitor: Visitor

  beforeAll(async () => {
    flask = await flaskProcess('app.py')
    organizer = await organizerProcess()
    await startFlask([secret('old')])
    await startOrganizer([secret('old')])
    host = await oneHost(flask.url, organizer.url)
  })

  afterAll(async () => {
    await host.stop()
    await flask.stop()
    await organizer.remove()
  })

  it('share a sign-in that began in Flask', async () => {
    await signInToFlask()
    await expectSignedIn()
    // Nothing but Flask's own cookie.
    expect(visitor.cookies.cookie).toMatch(/^session=[^;]+$/)
  })

  it('share a sign-in that began in the organizer, by the same number', async () => {
    await signInToOrganizer()
    await expectSignedIn()
    expect(await whoami()).toEqual({ person: 1, permanent: true })
  })

  it('share whether a sign-in outlives the browser', async () => {
    await signInToOrganizer({ ...demo, remember: '' })
    expect(await whoami()).toEqual({ person: 1, permanent: false })
    visitor.cookies.close()
    expect(await visitor.ledTo(dashboard)).toMatch(login)

    await signInToFlask()
    visitor.cookies.close()
    await expectSignedIn()
  })

  it.each([
    ['with a session that is cleared', '/flask/logout'],
    ['with a session that only loses its person', '/flask/forget'],
  ])('share a sign-out from Flask, %s', async (_, path) => {
    for (const signIn of [signInToFlask, signInToOrganizer]) {
      await signIn()
      await expectSignedIn()
      await visitor.post(path)
      await expectSignedOut()
    }
  })

  it('share a sign-out from the organizer', async () => {
    for (const signIn of [signInToFlask, signInToOrganizer]) {
      await signIn()
      await visitor.submit(dashboard, '/organizer/logout')
      await expectSignedOut()
    }
  })

  it('share a message that was left in the organizer', async () => {
    await signInToFlask()
    await visitor.submit('/organizer/events/new', '/organizer/events', supper)
    expect(await messages()).toEqual([['success', '“Supper” is on your list.']])
    expect(await visitor.get(dashboard)).not.toContain('is on your list')
    expect(await messages()).toEqual([])
  })

  it('share a message that was left in Flask', async () => {
    await signInToOrganizer()
    await visitor.post('/flask/flash', { message: 'From Flask, with <é>', category: 'success' })
    expect(await visitor.get(dashboard)).toContain('From Flask, with &lt;é&gt;')
    expect(await messages()).toEqual([])
    expect(await visitor.get(dashboard)).not.toContain('From Flask')
  })

  it('share messages from both, in their order', async () => {
    await signInToFlask()
    await visitor.post('/flask/flash', { message: 'First' })
    await visitor.submit('/organizer/events/new', '/organizer/events', supper)
    await visitor.post('/flask/flash', { message: 'Last' })
    expect(await messages()).toEqual([
      ['message', 'First'],
      ['success', '“Supper” is on your list.'],
      ['message', 'Last'],
    ])
  })

  it('share a message for the guest after a sign-out', async () => {
    await signInToFlask()
    await visitor.submit(dashboard, '/organizer/logout')
    expect(await messages()).toEqual([['success', 'You are signed out.']])
  })

  it('keep what Flask holds in the session through a visit to the organizer', async () => {
    await signInToFlask()
    const [, values] = /^\{(.*)\}$/.exec(await visitor.post('/flask/set/nested'))!
    await visitor.get(dashboard)
    await visitor.submit('/organizer/events/new', '/organizer/events', supper)
    expect(await visitor.get('/flask/dump')).toContain(values!.slice(values!.indexOf('"person_id"')))
  })

  it.each([
    ['Flask first', [startFlask, startOrganizer]],
    ['the organizer first', [startOrganizer, startFlask]],
  ] as const)(
    'keep people signed in while the key is changed, in two steps: %s',
    async (_, inOrder) => {
      const [older, newer] = [secret('old'), secret('new')]
      for (const start of inOrder) await start([older])
      await signInToFlask()
      const people = [visitor]
      await signInToOrganizer()
      people.push(visitor)

      for (const keys of [[older, newer], [newer, older], [newer]]) {
        for (const start of inOrder) {
          await start(keys)
          for (visitor of people) await expectSignedIn()
        }
      }
      await startFlask([older])
      for (visitor of people) expect(await whoami()).toEqual({ person: null, permanent: false })
    },
    60_000,
  )

  async function startFlask([key, ...fallbacks]: readonly string[]): Promise<void> {
    await flask.stop()
    await flask.start({ SECRET_KEY: key!, SECRET_KEY_FALLBACKS: JSON.stringify(fallbacks) })
  }

  async function startOrganizer([key, ...fallbacks]: readonly string[]): Promise<void> {
    await organizer.stop()
    const keys = { SECRET_KEY: key!, SECRET_KEY_FALLBACKS: JSON.stringify(fallbacks) }
    await organizer.start({ SESSION_TYPE: 'flask', ...keys })
  }

  async function signInToFlask(): Promise<void> {
    visitor = visitorOf(host.url)
    await visitor.post('/flask/login', { id: '1' })
  }

  async function signInToOrganizer(fields: Record<string, string> = demo): Promise<void> {
    visitor = visitorOf(host.url)
    await visitor.submit(login, login, fields)
  }

  async function expectSignedIn(): Promise<void> {
    expect(await visitor.get(dashboard)).toContain('Hello, John')
    expect(await whoami()).toMatchObject({ person: 1 })
  }

  async function expectSignedOut(): Promise<void> {
    expect(await visitor.ledTo(dashboard)).toMatch(login)
    expect(await whoami()).toMatchObject({ person: null })
  }

  const whoami = async (): Promise<unknown> => JSON.parse(await visitor.get('/flask/whoami'))
  const messages = async (): Promise<unknown> => JSON.parse(await visitor.get('/flask/flashes'))
})
