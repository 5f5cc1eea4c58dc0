import { Agent } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SojournError, type Session } from '../../../src/index.ts'
import { signedIn } from '../../support/sessions.ts'
import { failing, type Arrange } from './arrangements.ts'
import { ask } from './client.ts'
import { servingListener, type NodeStyle } from './listeners.ts'
import { cookieNames, uncaught } from './serving.ts'
import { ways } from './ways.ts'

const unavailable = new SojournError('ERR_SESSION_UNAVAILABLE', 'The store does not answer.')

const causes: [string, number, Arrange, (session: Session) => void][] = [
  ['the store does not answer', 503, (sessions) => failing(sessions, unavailable), () => {}],
  ['the data cannot be kept', 500, (sessions) => sessions, (session) => void (session.data['at'] = new Date())],
]

/** Whichever way an answer begins whose session cannot be committed, it is not sent. */
export function refused(style: NodeStyle, arrange: Arrange): void {
  // A response that failed commits nothing that could fail.
  const tried = ways.filter(([name]) => name !== 'a 500 of the handler')
  describe.each(causes)('if %s, there is a %i and no cookie, and a sign-out is kept, in place of', (...cause) => {
    it.each(tried)('%s', async (name, way) => {
      const [, status, fails, spoil] = cause
      const errors = uncaught()
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      onTestFinished(() => agent.destroy())
      const failingOnes: Arrange = (sessions) => arrange(fails(sessions))
      const { port, sessions, ...visited } = await servingListener({ style, arrange: failingOnes }, (req, res) => {
        if (req.headers['x-user'] === 'leaving') req.session.signOut()
        else req.session.signIn('eve')
        spoil(req.session)
        return way(res, req)
      })
      const { cookie } = await signedIn({ ...visited, sessions })
      for (const [method, user, names] of [
        ['GET', 'staying', []],
        ['HEAD', 'staying', []],
        ['POST', 'leaving', ['-__Host-Http-session']],
      ] as const) {
        const body = method === 'POST' ? { body: 'echo' } : {}
        const asking = { cookie, method, headers: { 'x-user': user }, ...body }
        // A pipeline notices that its response closed; Express then closes the connection behind the answer.
        const closes = style.name.startsWith('Express') && name.startsWith('a pipeline')
        // A handler that continues after its end comes before Express, which then closes the connection or leaves it at a 500.
        const goesOn = style.name.startsWith('Express') && / (later|after the end)$/.test(name)
        const answered = ask(port, '/', closes || goesOn ? asking : { ...asking, agent })
        if (goesOn) {
          expect((await answered.catch(() => null))?.status ?? status).toBe(status)
          continue
        }
        const got = await answered

        expect([got.status, got.headers.get('Retry-After')]).toEqual([status, status === 503 ? '1' : null])
        expect(cookieNames(got).filter((each) => each.includes('__Host'))).toEqual(names)
        expect(got.headers.get('Location')).toBeNull()
        if (method !== 'HEAD') expect(got.body).not.toMatch(/^(text|bytes|one|echo|ab)/)
      }
      // If the connection closed before it was answered, the handler continues by itself.
      await expect.poll(async () => (await sessions.open(cookie)).outcome).toBe('ended')
      expect(errors).toEqual([])
    })
  })
}
