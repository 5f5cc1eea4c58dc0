import { createServer } from 'node:http'
import { mapOf, password } from '../../sample-data.mjs'
import { createSealed, importSojourn } from '../../sojourn.mjs'
import { handle, handleSojourn, paths } from './handler.mjs'

const host = 'Express 5'

export const plainExpress = { host, onEachNode: true, start: () => startExpress(null, () => '1') }

export const expressServers = [
  plainExpress,
  {
    host,
    name: 'Sojourn',
    isOurs: true,
    onEachNode: true,
    start: async () => startSojourn(await createSealed()),
  },
  { host, name: 'express-session, in memory', onEachNode: true, start: () => startExpressSession() },
  { host, name: 'cookie-session', onEachNode: true, start: startCookieSession },
]

export async function startSojourn(sessions) {
  const { sojourn } = await importSojourn('sojourn/express')
  return startExpress(sojourn(sessions), (request) => handleSojourn(request.path, () => request.session))
}

/** @param {import('express-session').Store} [store] in memory by default */
export async function startExpressSession(store) {
  const { default: expressSession } = await import('express-session')
  const options = { secret: password, resave: false, saveUninitialized: false }
  return startExpress(expressSession({ store: store ?? new expressSession.MemoryStore(), ...options }), handleObject)
}

async function startCookieSession() {
  const { default: cookieSession } = await import('cookie-session')
  return startExpress(cookieSession({ keys: [password] }), handleObject)
}

const handleObject = (request) => handle(request.path, () => mapOf(request.session))

async function startExpress(middleware, handleRequest) {
  const { default: createApplication } = await import('express')
  const app = createApplication()
  if (middleware !== null) app.use(middleware)
  for (const path of paths) app.get(path, (request, response) => response.send(handleRequest(request)))
  return createServer(app)
}
