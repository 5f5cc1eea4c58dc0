import { password } from '../../sample-data.mjs'
import { createSealed, importSojourn } from '../../sojourn.mjs'
import { handle, handleSojourn, paths } from './handler.mjs'

const host = 'Hono'

export const honoServers = [
  { host, start: () => startHono(null, () => '1') },
  { host, name: 'Sojourn', isOurs: true, start: startSojourn },
  { host, name: 'hono-sessions, in the cookie', start: startHonoSessions },
]

async function startSojourn() {
  const { sojourn } = await importSojourn('sojourn/hono')
  return startHono(sojourn(await createSealed()), (c) => handleSojourn(c.req.path, () => c.var.session))
}

async function startHonoSessions() {
  const { CookieStore, sessionMiddleware } = await import('hono-sessions')
  const options = { store: new CookieStore(), encryptionKey: password, cookieOptions: { path: '/' } }
  return startHono(sessionMiddleware(options), (c) => handle(c.req.path, () => c.var.session))
}

async function startHono(middleware, handleRequest) {
  const { createAdaptorServer } = await import('@hono/node-server')
  const { Hono } = await import('hono')
  const app = new Hono()
  if (middleware !== null) app.use(middleware)
  for (const path of paths) app.get(path, (c) => c.text(handleRequest(c)))
  return createAdaptorServer({ fetch: app.fetch })
}
