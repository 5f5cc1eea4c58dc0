// @ts-check
// Counts visits, signs in and out, and lists devices, with Hono. From a clone: npm run build && node examples/hono/server.mjs
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import Database from 'libsql' // or better-sqlite3, node:sqlite, bun:sqlite
import { createSessions, explain } from 'sojourn'
import { sojourn } from 'sojourn/hono'
import { sqliteStore } from 'sojourn/sqlite'
import { browserName, page } from '../page.mjs'

const sessions = createSessions({ store: sqliteStore(new Database(process.env.SESSIONS_FILE ?? 'sessions.db')) })
const app = new Hono()
app.use(sojourn(sessions))

app.get('/', async (c) => {
  const { session } = c.var
  session.data.visits = (session.data.visits ?? 0) + 1
  const { userId, csrfToken } = session
  const messages = session.takeFlashes().map(({ message }) => message)
  if (session.outcome === 'revoked') messages.push(explain(session.outcome).sentence)
  const devices = userId === null ? [] : await sessions.list(userId)
  return c.html(page({ userId, visits: session.data.visits, messages, csrfToken, devices, thisDevice: session.id }))
})

app.post('*', async (c, next) => {
  const { csrf } = await c.req.parseBody()
  if (!c.var.session.isCsrfToken(csrf)) return c.text('This form is too old. Go back and reload it.', 403)
  return next()
})

app.post('/sign-in', async (c) => {
  const { name, password, remember } = await c.req.parseBody()
  // Your application looks the user up in its database here, and compares password hashes.
  const known = name === 'ada' && password === 'difference engine'
  const label = browserName(c.req.header('User-Agent'))
  if (known) c.var.session.signIn('ada', { remember: remember === 'on', label })
  c.var.session.flash('info', known ? 'You are signed in.' : `There is no ${name} with this password.`)
  return c.redirect('/', 303)
})

app.post('/sign-out', (c) => {
  c.var.session.signOut()
  c.var.session.flash('info', 'You are signed out.')
  return c.redirect('/', 303)
})

app.post('/devices/end', async (c) => {
  const { session } = c.var
  const { id } = await c.req.parseBody()
  if (session.userId !== null) {
    await sessions.revoke(session.userId, String(id))
    session.flash('info', 'That device is signed out.')
  }
  return c.redirect('/', 303)
})

app.post('/devices/end-others', async (c) => {
  const { session } = c.var
  if (session.userId !== null) {
    await sessions.revokeAll(session.userId, { except: session })
    session.flash('info', 'You are signed out everywhere else.')
  }
  return c.redirect('/', 303)
})

const port = Number(process.env.PORT ?? 3000)
const server = serve({ fetch: app.fetch, port, hostname: 'localhost' }, () => console.log(`http://localhost:${port}`))
server.on('error', ({ message }) => {
  console.error(message) // for example, the port is in use
  process.exitCode = 1
})
