import { expect, it } from 'vitest'
import type { Sessions } from '../../../src/index.ts'
import { browser } from '../../support/browser.ts'
import { stoppedClock } from '../../support/clock.ts'
import { signedIn } from '../../support/sessions.ts'
import type { Arrange } from './arrangements.ts'
import { ask, type Got } from './client.ts'
import { servingListener, wholeOf, type NodeStyle } from './listeners.ts'
import { cookieNames, uncaught } from './serving.ts'
import type { Ways } from './ways.ts'

/** A response is what it would be without sessions, and what is ours beside it, whatever sends its first header. */
export function firstHeader(style: NodeStyle, arrange: Arrange, ways: Ways): void {
  it.each(ways)('%s', async (name, way, asked = {}) => {
    const errors = uncaught()
    const plain = await servingListener({ style, arrange: null }, (req, res) => way(res, req))
    const { port, sessions, ...visited } = await servingListener({ style, arrange }, (req, res) => {
      if (req.headers['x-user'] === 'reads') void req.session.userId
      if (req.headers['x-user'] === 'changes') req.session.data['n'] = 1
      return way(res, req)
    })
    const { cookie } = await signedIn({ sessions, ...visited })

    for (const method of name.includes('echoes') ? ['POST'] : ['GET', 'HEAD']) {
      const body = method === 'POST' ? { body: 'echo' } : {}
      const askAs = (user: string, of = port) =>
        ask(of, '/', { method, cookie, headers: { ...asked, 'x-user': user }, ...body })
      const without = wholeOf(await askAs('nobody', plain.port))

      expect(wholeOf(await askAs('leaves it alone'))).toEqual(without)

      const { vary } = without.headers
      const headers = {
        ...without.headers,
        vary: vary === undefined ? 'Cookie' : vary === '*' ? '*' : `${vary}, Cookie`,
        'cache-control': 'no-store',
      }
      expect(wholeOf(await askAs('reads'))).toEqual({ ...without, headers })

      const got = await askAs('changes')
      const own = without.cookies.length
      const ours = got.headers.getSetCookie().slice(own)
      expect(wholeOf(got)).toEqual({ ...without, headers, cookies: [...without.cookies, ...ours] })
      // Failed changes are not saved.
      const kept = without.status < 500
      expect(cookieNames(got).slice(own)).toEqual(kept ? ['__Host-Http-session'] : [])
      if (kept) expect(await dataIn(sessions, got)).toEqual({ n: 1 })
    }
    expect(errors).toEqual([])
  })
}

async function dataIn(sessions: Sessions, { headers }: Got): Promise<object> {
  const visitor = browser({ now: stoppedClock().now })
  visitor.receive(headers)
  return (await sessions.open(visitor.cookie)).data
}
