import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sojourn } from '../../../src/adapters/express.ts'
import { signedIn, world } from '../../support/sessions.ts'
import { arrangements, type Arrange } from './arrangements.ts'
import { ask } from './client.ts'
import { expressErrors } from './express-errors.ts'
import { expressWays } from './express-ways.ts'
import { firstHeader } from './first-header.ts'
import { serveListener } from './host.ts'
import type { Express } from './hosts/express.ts'
import { expressStyle } from './listeners.ts'
import { cookieNames, quiet } from './serving.ts'

/** The adapter in Express alone. */
export function expressSuite(name: string, express: Express): void {
  quiet()
  describe.each(arrangements)(`${name}, with sessions %s`, (_, arrange) => {
    describe('the session is on', () => void firstHeader(expressStyle(name, express), arrange, expressWays))
    expressErrors(express, arrange)
    bodies(express, arrange)
  })
}

function bodies(express: Express, arrange: Arrange): void {
  const parsers: [string, string, string, object][] = [
    ['JSON', 'application/json', '{"n":[1,2,{"a":"ü"}]}', { n: [1, 2, { a: 'ü' }] }],
    ['a form', 'application/x-www-form-urlencoded', 'name=ada&n=1', { name: 'ada', n: '1' }],
  ]
  it.each(parsers)('%s that comes slowly is read by what is mounted behind', async (_, type, text, value) => {
    const visited = world()
    const app = express()
    app.use(sojourn(arrange(visited.sessions)))
    app.use(express.json(), express.urlencoded({ extended: false }))
    app.post('/', (req, res) => {
      req.session.data['body'] = req.body as unknown
      res.json([req.session.userId, req.body])
    })
    const served = await serveListener(app)
    onTestFinished(() => served.close())
    const { cookie } = await signedIn(visited)
    async function* byByte(): AsyncGenerator<string> {
      for (const byte of text) {
        yield byte
        await delay(1)
      }
    }
    for (const body of [byByte(), text]) {
      const got = await ask(served.port, '/', { method: 'POST', cookie, headers: { 'content-type': type }, body })

      expect([got.status, JSON.parse(got.body)]).toEqual([200, ['ada', value]])
      expect(cookieNames(got)).toEqual(['__Host-Http-session'])
    }
  })
}
