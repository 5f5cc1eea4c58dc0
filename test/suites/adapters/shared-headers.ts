import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { signedIn } from '../../support/sessions.ts'
import type { Arrange } from './arrangements.ts'
import { servingListener, type NodeStyle } from './listeners.ts'
import { cookieNames } from './serving.ts'

const cookies = (): string[] => ['theme=dark', 'lang=en']

const ways: [string, (res: ServerResponse, shared: string[]) => void][] = [
  ['setHeader', (res, shared) => void res.setHeader('Set-Cookie', shared).end()],
  ['writeHead', (res, shared) => void res.writeHead(200, { 'Set-Cookie': shared }).end()],
  ['writeHead with an array', (res, shared) => void res.writeHead(200, ['Set-Cookie', shared]).end()],
]

/** Objects that an application shares between responses hold no visitor's data afterwards. */
export function sharedHeaders(style: NodeStyle, arrange: Arrange): void {
  it.each(ways)('an array that the application shares by %s gets no one’s cookie', async (_, send) => {
    const shared = cookies()
    const { ask, ...visited } = await servingListener({ style, arrange }, (req, res) => {
      req.session.data['n'] = 1
      send(res, shared)
    })
    const ada = await ask({ cookie: (await signedIn(visited, 'ada')).cookie })
    const eve = await ask({ cookie: (await signedIn(visited, 'eve')).cookie })

    expect(cookieNames(ada)).toEqual(['theme', 'lang', '__Host-Http-session'])
    expect(cookieNames(eve)).toEqual(['theme', 'lang', '__Host-Http-session'])
    expect(shared).toEqual(cookies())
  })

  it.each(ways)('a frozen array that the application gives %s is no obstacle', async (_, send) => {
    const shared = Object.freeze(cookies()) as string[]
    const { ask } = await servingListener({ style, arrange }, (req, res) => {
      req.session.data['n'] = 1
      send(res, shared)
    })
    const got = await ask()

    expect([got.status, cookieNames(got)]).toEqual([200, ['theme', 'lang', '__Host-Http-guest']])
  })
}
