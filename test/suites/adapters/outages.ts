import { Agent } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SojournError } from '../../../src/index.ts'
import { signedIn } from '../../support/sessions.ts'
import { failing, type Arrange } from './arrangements.ts'
import type { Answer, Host } from './host.ts'
import { cookieNames, serving, uncaught } from './serving.ts'

async function* large(): AsyncGenerator<string> {
  for (let n = 0; n < 40; n++) yield 'canary'.repeat(10_000)
}

const answers: [string, Answer][] = [
  ['a text', { body: 'canary', headers: [['ETag', '"canary"']] }],
  ['a redirect', { redirect: '/canary' }],
  ['a 304', { status: 304, headers: [['ETag', '"canary"']] }],
  ['a stream', { body: large }],
]

const unavailable = new SojournError('ERR_SESSION_UNAVAILABLE', 'The store does not answer.')
const full = new SojournError('ERR_SESSION_LIMIT', 'This user has too many sessions.')
const bug = new TypeError('A bug in a store.')

const commits: [string, number, Arrange][] = [
  ['whose store does not answer', 503, (sessions) => failing(sessions, unavailable)],
  ['whose store does not answer in time', 503, (sessions) => failing(sessions, unavailable, { after: 3 })],
  ['whose user has too many sessions', 409, (sessions) => failing(sessions, full)],
  ['whose store has a bug', 500, (sessions) => failing(sessions, bug)],
]
// These cannot even learn that the response failed.
const never: [string, number, Arrange][] = [
  ['whose store never answers', 503, (sessions) => failing(sessions, unavailable, { always: true })],
  ['whose store never answers in time', 503, (sessions) => failing(sessions, unavailable, { always: true, after: 3 })],
  ['whose store always throws', 500, (sessions) => failing(sessions, bug, { always: true })],
]

/** The response of a request whose session cannot be committed. */
export function outages(host: Host): void {
  describe.each([...commits, ...never])('%s', (_, status, arrange) => {
    it.each(answers)(
      `in place of %s there is a ${status} without cookies, and the next request is served`,
      async (_name, answer) => {
        const errors = uncaught()
        const agent = new Agent({ keepAlive: true, maxSockets: 1 })
        onTestFinished(() => agent.destroy())
        const { ask } = await serving(
          { host, arrange },
          {
            '/': (session) => {
              session.signIn('ada')
              return answer
            },
          },
        )
        for (const method of ['GET', 'HEAD', 'POST', 'GET']) {
          const got = await ask('/', { method, agent })

          expect([got.status, cookieNames(got)]).toEqual([status, []])
          if (status === 503) expect(got.headers.get('Retry-After')).toBe('1')
          expect(got.body).not.toContain('canary')
          expect(got.headers.get('ETag')).not.toBe('"canary"')
          expect(got.headers.get('Location')).toBeNull()
        }
        expect(errors).toEqual([])
      },
    )
  })

  it.each(commits)('%s, a sign-out is kept all the same', async (_, status, arrange) => {
    const { ask, sessions, ...visited } = await serving(
      { host, arrange },
      {
        '/': (session) => {
          session.signOut()
          return { body: 'Bye' }
        },
      },
    )
    const { cookie } = await signedIn({ ...visited, sessions })
    const got = await ask('/', { cookie })

    expect([got.status, cookieNames(got)]).toEqual([status, ['-__Host-Http-session']])
    expect((await sessions.open(cookie)).outcome).toBe('ended')
  })

  it.each([
    ['does not answer', 503, unavailable],
    ['has a bug', 500, bug],
  ])('where the store %s before the handler, there is a %i, and the process lives on', async (_, status, error) => {
    const errors = uncaught()
    const arrange: Arrange = (sessions) => ({ ...sessions, open: () => Promise.reject(error) })
    const { ask } = await serving({ host, arrange }, { '/': () => ({ body: 'canary' }) })

    for (const got of [await ask('/'), await ask('/', { method: 'POST', body: 'x'.repeat(100_000) })]) {
      expect([got.status, cookieNames(got)]).toEqual([status, []])
    }
    expect(errors).toEqual([])
  })
}
