import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { onTestFinished } from 'vitest'
import type { SessionStore } from 'sojourn'
import type { SessionOptions } from 'sojourn/compat/express-session'

/** The options of most tests. */
export const options = (more: SessionOptions = {}): SessionOptions => ({
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

/** A response whose JSON is checked by the test. */
export interface AnyResponse extends Response {
  json(): Promise<any>
}

/** Starts an application until the test ends. The returned function makes a request with a cookie. */
export async function serve(
  use: (app: express.Express) => void,
): Promise<(path: string, cookie?: string, init?: RequestInit) => Promise<AnyResponse>> {
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

/** Makes a store whose functions can be made to fail, and that notes their names. */
export function watchedStore(inner: SessionStore) {
  const calls: string[] = []
  const state = { calls, isDown: false, delays: {} as Record<string, Promise<unknown>> }
  const store = new Proxy(inner, {
    get(target, name: string) {
      const value = Reflect.get(target, name)
      if (typeof value !== 'function' || name === 'all' || name === 'watch') return value
      return async (...args: unknown[]) => {
        // The library sweeps in the background.
        if (name !== 'sweep') calls.push(name)
        if (state.isDown) throw new Error('The store is down.')
        await state.delays[name]
        return value.apply(target, args)
      }
    },
  })
  return { store, state }
}
