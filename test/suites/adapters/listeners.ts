import type { IncomingMessage, ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'
import type { Session, Sessions } from '../../../src/index.ts'
import { sojourn as forExpress } from '../../../src/adapters/express.ts'
import { sojourn as forNode } from '../../../src/adapters/node.ts'
import { world, type World } from '../../support/sessions.ts'
import type { Arrange } from './arrangements.ts'
import { ask, type Asking, type Got } from './client.ts'
import { serveListener, type Served } from './host.ts'
import { passing, type Express } from './hosts/express.ts'

export type Listener = (req: IncomingMessage & { session: Session }, res: ServerResponse) => unknown
type Wrap = (req: IncomingMessage, res: ServerResponse, next: () => void) => void

/** A server framework whose handlers have Node's own response. */
export interface NodeStyle {
  readonly name: string
  /** Serves a listener, behind sessions where there are any. Middleware `outside` is in front of those. */
  serve(sessions: Sessions<any> | null, listener: Listener, outside?: Wrap): Promise<Served>
}

const nothingOutside: Wrap = (_req, _res, next) => next()

export const nodeStyle: NodeStyle = {
  name: 'plain Node',
  serve(sessions, listener, outside = nothingOutside) {
    const inner = sessions === null ? (listener as () => void) : forNode(sessions, listener)
    return serveListener((req, res) => outside(req, res, () => inner(req, res)))
  },
}

export function expressStyle(name: string, express: Express): NodeStyle {
  return {
    name,
    serve(sessions, listener, outside = nothingOutside) {
      const app = express()
      // With it, Express has set a header before anybody else.
      app.disable('x-powered-by')
      app.use(outside)
      if (sessions !== null) app.use(forExpress(sessions))
      app.use((req, res, next) => void passing(() => listener(req, res), next))
      return serveListener(app)
    },
  }
}

export interface Listening extends World {
  port: number
  ask(asking?: Asking): Promise<Got>
}

/** Serves a listener until the test is over. */
export async function servingListener(
  { style, arrange }: { style: NodeStyle; arrange: Arrange | null },
  listener: Listener,
  outside?: Wrap,
): Promise<Listening> {
  const visited = world()
  const served = await style.serve(arrange === null ? null : arrange(visited.sessions), listener, outside)
  onTestFinished(() => served.close())
  return { ...visited, port: served.port, ask: (asking) => ask(served.port, '/', asking) }
}

/** A response without the parts that depend on time: status, headers, cookies and body. */
export function wholeOf({ status, message, headers, body, early }: Got) {
  const entries = Object.fromEntries(headers)
  delete entries['set-cookie']
  if ('date' in entries) entries['date'] = 'now'
  return { status, message, headers: entries, cookies: headers.getSetCookie(), body, early }
}
