import { fileURLToPath } from 'node:url'
import { freePort } from '../../../scripts/servers/free-port.mjs'
import { startProcess } from '../../../scripts/servers/child-process.mjs'

const script = fileURLToPath(new URL('server-process.mjs', import.meta.url))

/** A process that serves the application. */
export interface Server {
  readonly port: number
  stop(): Promise<void>
}

/** The libraries that have the sessions, and where they are. */
export type What =
  | 'express-session'
  | 'the drop-in on connect-redis'
  | 'the drop-in on connect-redis without marks'
  | 'the drop-in on another store'
  | 'the drop-in on another store without marks'
  | 'the drop-in on redisStore'
  | 'koa-session'
  | 'the koa drop-in on a store of koa-session'
  | 'the koa drop-in on such a store without marks'
  | 'the koa drop-in on redisStore'
  | '@fastify/session'
  | 'the Fastify drop-in on connect-redis'
  | 'the Fastify drop-in on redisStore'

interface ServerOptions {
  /** By default a free one. */
  readonly port?: number
  /** In seconds. By default so long that a busy machine does not count as an outage. */
  readonly storeTimeout?: number
}

/** Starts a process that serves the application. */
export async function startServer(what: What, redisUrl: string, options: ServerOptions = {}): Promise<Server> {
  const { port = await freePort(), storeTimeout = 15 } = options
  return new Promise((resolve, reject) => {
    const started = startProcess(process.execPath, [script, what, redisUrl, `${port}`, `${storeTimeout}`], {
      onLine: (line) => line === 'listening' && resolve({ port, stop: () => started.stop('SIGKILL') }),
    })
    void started.ended.then((end) => reject(new Error(`The server ended with ${String(end)}: ${started.output()}`)))
  })
}

/** The text of the first page about a visitor. */
export interface Home {
  readonly userId: string | null
  readonly basket: readonly string[]
}

/** Makes a request. Returns the status, and the cookies that the response sets; `null` if it sets none. */
export async function visit({ port }: Pick<Server, 'port'>, path: string, cookie: string | null = null) {
  const headers = cookie === null ? {} : { cookie }
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
  const cookies = response.headers.getSetCookie().map((line) => line.split(';')[0]!)
  return { status: response.status, text: await response.text(), cookie: cookies.join('; ') || null }
}

/** Reads the first page. */
export async function homeOf(server: Pick<Server, 'port'>, cookie: string): Promise<Home> {
  return JSON.parse((await visit(server, '/', cookie)).text) as Home
}

/** Runs work for each of many, some at the same time. */
export async function forEachOf<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items]
  const run = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, run))
}
