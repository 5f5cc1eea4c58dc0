import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Request, type RequestHandler } from 'express'
import type published from 'sojourn/compat/cookie-session'
import type { CookieSessionObject, CookieSessionOptions } from 'sojourn/compat/cookie-session'
import { onTestFinished } from 'vitest'
import source from '../../../../src/compat/cookie-session.ts'

export const keys = ['a key of thirty-two characters or more']

/** The drop-in from its source, with the types that are published. */
export const cookieSession = (options: CookieSessionOptions = { keys }): ReturnType<typeof published> =>
  source(options as Parameters<typeof source>[0]) as unknown as ReturnType<typeof published>

/** A session whose data the tests know. The types of another library declare `req.session` too, so they are not used here. */
export const sessionOf = (req: Request): CookieSessionObject => Reflect.get(req, 'session') as CookieSessionObject

/** A response whose JSON is checked by the test. */
export interface AnyResponse extends Response {
  json(): Promise<any>
}

/** A browser's cookies, as far as these tests need them. */
export interface Visitor {
  (path: string, init?: RequestInit): Promise<AnyResponse>
  readonly jar: Map<string, string>
  /** The `Cookie` header. */
  header(): string
}

/** Starts an application until the test ends, and returns its address. */
export async function start(
  middleware: RequestHandler | null,
  ...routes: ((app: express.Express) => void)[]
): Promise<string> {
  const app = express()
  // The page of an error would be logged.
  app.set('env', 'test')
  if (middleware !== null) app.use(middleware)
  for (const each of routes) each(app)
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Creates a visitor, whose cookies go to whichever server a request names. `origin` changes when servers are swapped. */
export function visitor(server: { origin: string }, jar = new Map<string, string>()): Visitor {
  const header = (): string => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const get = async (path: string, init: RequestInit = {}): Promise<AnyResponse> => {
    const headers = { ...(jar.size > 0 && { cookie: header() }), ...(init.headers as Record<string, string>) }
    const response = await fetch(server.origin + path, { redirect: 'manual', ...init, headers })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      const expires = /; expires=([^;]*)/i.exec(line)?.[1]
      if (value === '' || (expires !== undefined && Date.parse(expires) <= Date.now())) jar.delete(name)
      else jar.set(name, value)
    }
    return response
  }
  return Object.assign(get, { jar, header })
}

/** The routes of an application that signs people in. */
export function people(app: express.Express): void {
  app.get('/in/:id', (req, res) => {
    sessionOf(req)['userId'] = req.params.id
    res.json(req.params.id)
  })
  app.get('/who', (req, res) => void res.json(sessionOf(req)['userId'] ?? null))
  app.get('/plain', (_req, res) => void res.json('plain'))
  app.get('/out', (req, res) => {
    Reflect.set(req, 'session', null)
    res.json('out')
  })
  app.get('/put/:key/:value', (req, res) => {
    sessionOf(req)[req.params.key] = req.params.value
    res.json(sessionOf(req))
  })
  app.get('/data', (req, res) => void res.json(sessionOf(req)))
}
