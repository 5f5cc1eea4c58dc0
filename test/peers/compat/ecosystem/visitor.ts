import type { AddressInfo } from 'node:net'
import { createServer, type RequestListener, type Server } from 'node:http'
import express, { type Express } from 'express'
import { onTestFinished } from 'vitest'
import type { SessionOptions } from 'sojourn/compat/express-session'

/** A page that a visitor got. */
export interface Page {
  readonly status: number
  readonly text: string
  /** Where a redirect leads; `null` if it is none. */
  readonly location: string | null
}

/** A browser that keeps one cookie, as it was set last. */
export interface Visitor {
  /** The cookie's name and value. A test may keep it, as one who stole it. */
  cookie: string
  get(path: string): Promise<Page>
  /** Sends a form. */
  post(path: string, fields?: Record<string, string>): Promise<Page>
}

/** The options that most applications have. */
export const optionsWith = (store: SessionOptions['store']): SessionOptions => ({
  secret: 'a secret of thirty-two characters',
  resave: false,
  saveUninitialized: false,
  store,
})

/** Creates an application of Express that reads forms. */
export function createApp(): Express {
  const app = express()
  // The errors of handlers are part of these tests, and would be logged.
  app.set('env', 'test')
  return app.use(express.urlencoded({ extended: false }))
}

/** Serves an application until the test ends. The returned function creates a visitor. */
export async function serve(app: RequestListener): Promise<(cookie?: string) => Visitor> {
  const port = await listen(createServer(app))
  return (cookie) => createVisitor(port, cookie)
}

/** Lets a server listen until the test ends, and returns its port. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

export function createVisitor(port: number, cookie = ''): Visitor {
  async function visit(path: string, init: RequestInit = {}): Promise<Page> {
    const headers = { ...(visitor.cookie !== '' && { cookie: visitor.cookie }) }
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual', headers, ...init })
    const [set] = response.headers.getSetCookie()
    if (set !== undefined) visitor.cookie = set.split(';')[0]!
    const { status } = response
    return { status, text: await response.text(), location: response.headers.get('Location') }
  }
  const visitor: Visitor = {
    cookie,
    get: (path) => visit(path),
    post: (path, fields = {}) => visit(path, { method: 'POST', body: new URLSearchParams(fields) }),
  }
  return visitor
}
