// @ts-check
// Counts visits, signs in and out, and lists devices, with Fastify. From a clone: npm run build && node examples/fastify/server.mjs
import fastify from 'fastify'
import Database from 'libsql' // or better-sqlite3, node:sqlite, bun:sqlite
import { createSessions, explain } from 'sojourn'
import { sojourn } from 'sojourn/fastify'
import { sqliteStore } from 'sojourn/sqlite'
import { browserName, page } from '../page.mjs'

const sessions = createSessions({ store: sqliteStore(new Database(process.env.SESSIONS_FILE ?? 'sessions.db')) })
const app = fastify()
app.register(sojourn, { sessions })

// A form as `URLSearchParams`.
app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
  done(null, new URLSearchParams(String(body))),
)

app.get('/', async ({ session }, reply) => {
  session.data.visits = (session.data.visits ?? 0) + 1
  const { userId, csrfToken } = session
  const messages = session.takeFlashes().map(({ message }) => message)
  if (session.outcome === 'revoked') messages.push(explain(session.outcome).sentence)
  const devices = userId === null ? [] : await sessions.list(userId)
  reply.type('text/html; charset=utf-8')
  return page({ userId, visits: session.data.visits, messages, csrfToken, devices, thisDevice: session.id })
})

app.addHook('preHandler', async (request, reply) => {
  if (request.method !== 'POST' || request.session.isCsrfToken(formOf(request).get('csrf'))) return
  return reply.code(403).send('This form is too old. Go back and reload it.')
})

app.post('/sign-in', (request, reply) => {
  const { session } = request
  const form = formOf(request)
  const name = form.get('name')
  // Your application looks the user up in its database here, and compares password hashes.
  const known = name === 'ada' && form.get('password') === 'difference engine'
  const label = browserName(request.headers['user-agent'])
  if (known) session.signIn('ada', { remember: form.get('remember') === 'on', label })
  session.flash('info', known ? 'You are signed in.' : `There is no ${name} with this password.`)
  reply.redirect('/', 303)
})

app.post('/sign-out', ({ session }, reply) => {
  session.signOut()
  session.flash('info', 'You are signed out.')
  reply.redirect('/', 303)
})

app.post('/devices/end', async (request, reply) => {
  const { session } = request
  if (session.userId !== null) {
    await sessions.revoke(session.userId, String(formOf(request).get('id')))
    session.flash('info', 'That device is signed out.')
  }
  return reply.redirect('/', 303)
})

app.post('/devices/end-others', async ({ session }, reply) => {
  if (session.userId !== null) {
    await sessions.revokeAll(session.userId, { except: session })
    session.flash('info', 'You are signed out everywhere else.')
  }
  return reply.redirect('/', 303)
})

/** @param {import('fastify').FastifyRequest} request */
const formOf = ({ body }) => (body instanceof URLSearchParams ? body : new URLSearchParams())

const port = Number(process.env.PORT ?? 3000)
app
  .listen({ port, host: 'localhost' })
  .then(() => console.log(`http://localhost:${port}`))
  .catch((error) => {
    console.error(error.message) // for example, the port is in use
    process.exitCode = 1
  })
