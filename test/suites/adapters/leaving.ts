import { expect, it } from 'vitest'
import { signedIn } from '../../support/sessions.ts'
import type { Arrange } from './arrangements.ts'
import { servingListener, type NodeStyle } from './listeners.ts'
import { uncaught } from './serving.ts'

/** Handlers that break off themselves. */
export function leaving(style: NodeStyle, arrange: Arrange): void {
  it.each(['before the answer', 'while the answer waits', 'within the answer'])(
    'a handler that destroys its response %s breaks nothing else',
    async (when) => {
      const errors = uncaught()
      const { ask, ...visited } = await servingListener({ style, arrange }, (req, res) => {
        if (req.headers['x-user'] !== 'broken') return void res.end(req.session.userId)
        req.session.data['n'] = 1
        if (when === 'while the answer waits') res.end('never seen')
        if (when === 'within the answer') {
          res.write('some of it')
          setTimeout(() => res.destroy(), 10)
        } else res.destroy()
      })
      const { cookie } = await signedIn(visited)
      const first = await ask({ cookie, headers: { 'x-user': 'broken' } }).catch((error: Error) => error)

      // Data that was at the socket already may have arrived.
      if (when !== 'while the answer waits') expect(first).toBeInstanceOf(Error)
      expect((await ask({ cookie })).body).toBe('ada')
      expect(errors).toEqual([])
    },
  )
}
