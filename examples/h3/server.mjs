// @ts-check
// Counts visits, signs in and out, and lists devices, with h3. From a clone: npm run build && node examples/h3/server.mjs
import { H3, HTTPError, readFormData, redirect, serve } from 'h3'
import Database from 'libsql' // or better-sqlite3, node:sqlite, bun:sqlite
import { createSessions, explain } from 'sojourn'
import { sojourn } from 'sojourn/h3'
import { sqliteStore } from 'sojourn/sqlite'
import { browserName, page } from '../page.mjs'

const sessions = createSessions({ store: sqliteStore(new Database(process.env.SESSIONS_FILE ?? 'sessions.db')) })
const app = new H3()
app.use(sojourn(sessions))

app.get('/', async ({ context: { session }, res }) => {
  session.data.visits = (session.data.visits ?? 0) + 1
  const { userId, csrfToken } = session
  const messages = session.takeFlashes().map(({ message }) => message)
  if (session.outcome === 'revoked') messages.push(explain(session.outcome).sentence)
  const devices = userId === null ? [] : await sessions.list(userId)
  res.headers.set('Content-Type', 'text/html; charset=utf-8')
  return page({ userId, visits: session.data.visits, messages, csrfToken, devices, thisDevice: session.id })
})

app.post('/sign-in', async (event) => {
  const { session } = event.context
  const form = await formOf(event)
  const name = form.get('name')
  // Your application looks the user up in its database here, and compares password hashes.
  const known = name === 'ada' && form.get('password') === 'difference engine'
  const label = browserName(event.req.headers.get('User-Agent'))
  if (known) session.signIn('ada', { remember: form.get('remember') === 'on', label })
  session.flash('info', known ? 'You are signed in.' : `There is no ${name} with this password.`)
  return redirect('/', 303)
})

app.post('/sign-out', async (event) => {
  await formOf(event)
  event.context.session.signOut()
  event.context.session.flash('info', 'You are signed out.')
  return redirect('/', 303)
})

app.post('/devices/end', async (event) => {
  const { session } = event.context
  const form = await formOf(event)
  if (session.userId !== null) {
    await sessions.revoke(session.userId, String(form.get('id')))
    session.flash('info', 'That device is signed out.')
  }
  return redirect('/', 303)
})

app.post('/devices/end-others', async (event) => {
  const { session } = event.context
  await formOf(event)
  if (session.userId !== null) {
    await sessions.revokeAll(session.userId, { except: session })
    session.flash('info', 'You are signed out everywhere else.')
  }
  return redirect('/', 303)
})

/**
 * Reads a form, and refuses one that is not of our own pages.
 *
 * @param {import('h3').H3Event} event
 */
async function formOf(event) {
  const form = await readFormData(event)
  if (event.context.session.isCsrfToken(form.get('csrf'))) return form
  throw new HTTPError({ status: 403, message: 'This form is too old. Go back and reload it.' })
}

const port = Number(process.env.PORT ?? 3000)
serve(app, { port, hostname: 'localhost', silent: true })
  .ready()
  .then(() => console.log(`http://localhost:${port}`))
  .catch(({ message }) => {
    console.error(message) // for example, the port is in use
    process.exitCode = 1
  })
