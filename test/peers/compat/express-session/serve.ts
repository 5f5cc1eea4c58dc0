import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { onTestFinished } from 'vitest'
import type { Options } from 'sojourn/compat/express-session'

/** The options of most tests. */
export const options = (more: Options = {}): Options => ({
  secret: 'a secret of thirty-two characters',
  resave: false,
  saveUninitialized: false,
  ...more,
})

/** The name and value of the cookie that a response sets; `''` if it sets none. */
export const cookieOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')

/** Starts an application until the test ends. The returned function makes a request with a cookie. */
export async function serve(
  use: (app: express.Express) => void,
): Promise<(path: string, cookie?: string, init?: RequestInit) => Promise<Response>> {
  const app = express()
  // The page of an error would be logged.
  app.set('env', 'test')
  use(app)
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return (path, cookie = '', init = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      redirect: 'manual',
      ...init,
      headers: { ...(cookie !== '' && { cookie }), ...(init.headers as Record<string, string>) },
    })
}
