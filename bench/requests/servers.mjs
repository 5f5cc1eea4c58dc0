import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { samples, secret } from '../sample-data.mjs'
import { importSojourn } from '../sojourn.mjs'

// Each function returns a server of `node:http`. `sessionOf` returns the session of a request, with `get` and `set`.
// Without it, a server has no sessions.

export const startNode = () => createServer((request, response) => response.end(handle(request.url)))

export function startByHand({ open, save }) {
  return createServer((request, response) => {
    const data = open(request.headers.cookie)
    const text = handle(request.url, viewOf, data)
    if (request.url !== '/plain' && request.url !== '/read') response.setHeader('Set-Cookie', save(data))
    response.end(text)
  })
}

export async function startSojournOnNode(sessions) {
  const { sojourn } = await importSojourn('sojourn/node')
  const listener = (request, response) => response.end(handle(request.url, viewOfSojourn, request))
  return createServer(sojourn(sessions, listener))
}

export async function startExpress(middleware, sessionOf) {
  const { default: createApplication } = await import('express')
  const app = createApplication()
  if (middleware) app.use(middleware)
  for (const path of paths) app.get(path, (request, response) => response.send(handle(path, sessionOf, request)))
  return createServer(app)
}

export async function startSojournOnExpress(sessions) {
  const { sojourn } = await importSojourn('sojourn/express')
  return startExpress(sojourn(sessions), viewOfSojourn)
}

/** @param {import('express-session').Store} [store] in memory by default */
export async function startExpressSession(store) {
  const { default: expressSession } = await import('express-session')
  return startExpressLike(expressSession, store)
}

/** @param {object} [store] of Sojourn or of express-session; in memory by default */
export async function startDropIn(store) {
  const { default: dropIn } = await importSojourn('sojourn/compat/express-session')
  return startExpressLike(dropIn, store)
}

function startExpressLike(session, store = new session.MemoryStore()) {
  const options = { secret, resave: false, saveUninitialized: false, store }
  return startExpress(session(options), (request) => viewOf(request.session))
}

export async function startCookieSession() {
  const { default: cookieSession } = await import('cookie-session')
  return startExpress(cookieSession({ keys: [secret] }), ({ session }) => viewOf(session))
}

export async function startHono(middleware, sessionOf) {
  const { createAdaptorServer } = await import('@hono/node-server')
  const { Hono } = await import('hono')
  const app = new Hono()
  if (middleware) app.use(middleware)
  for (const path of paths) app.get(path, (c) => c.text(handle(path, sessionOf, c)))
  return createAdaptorServer({ fetch: app.fetch })
}

export async function startSojournOnHono(sessions) {
  const { sojourn } = await importSojourn('sojourn/hono')
  return startHono(sojourn(sessions), (c, path) => viewOfSojourn(c.var, path))
}

export async function startHonoSessions() {
  const { CookieStore, sessionMiddleware } = await import('hono-sessions')
  const options = { store: new CookieStore(), encryptionKey: secret, cookieOptions: { path: '/' } }
  return startHono(sessionMiddleware(options), (c) => c.var.session)
}

export async function startFastify(register, sessionOf) {
  const { default: createApplication } = await import('fastify')
  const app = createApplication()
  await register?.(app)
  for (const path of paths) app.get(path, (request, reply) => reply.send(handle(path, sessionOf, request)))
  await app.ready()
  return app.server
}

export async function startSecureSession() {
  const { default: secureSession } = await import('@fastify/secure-session')
  const options = { key: randomBytes(32), cookie: { path: '/' } }
  return startFastify(
    (app) => app.register(secureSession, options),
    ({ session }) => session,
  )
}

const paths = ['/plain', '/read', '/count', '/begin/small', '/begin/large']

/** Handles a request and returns the text of the response. */
function handle(path, sessionOf, request) {
  // `/plain` must not touch the session: some libraries open it only if it is used.
  if (sessionOf === undefined || path === '/plain') return 'ok'
  const session = sessionOf(request, path)
  if (path === '/read') return String(session.get('personId') ?? 'guest')
  if (path === '/count') {
    const count = (session.get('count') ?? 0) + 1
    session.set('count', count)
    return String(count)
  }
  const { create } = samples[path.slice('/begin/'.length)]
  for (const [key, value] of Object.entries({ personId: 42, ...create() })) session.set(key, value)
  return 'ok'
}

/** Gives a session that is a plain object the methods of the others. */
const viewOf = (data) => ({
  get: (key) => data[key],
  set(key, value) {
    data[key] = value
  },
})

let nextUser = 100_000

function viewOfSojourn({ session }, path) {
  if (path.startsWith('/begin/')) session.signIn(String(nextUser++))
  return viewOf(session.data)
}
