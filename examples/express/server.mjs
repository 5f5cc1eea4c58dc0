// @ts-check
// Counts visits, signs in and out, and lists devices, with Express. From a clone: npm run build && node examples/express/server.mjs
import express from 'express'
import Database from 'libsql' // or better-sqlite3, node:sqlite, bun:sqlite
import { createSessions, explain } from 'sojourn'
import { sojourn } from 'sojourn/express'
import { sqliteStore } from 'sojourn/sqlite'
import { browserName, page } from '../page.mjs'

const sessions = createSessions({ store: sqliteStore(new Database(process.env.SESSIONS_FILE ?? 'sessions.db')) })
const app = express()
app.use(express.urlencoded({ extended: false }), sojourn(sessions))

app.get('/', async ({ session }, res) => {
  session.data.visits = (session.data.visits ?? 0) + 1
  const { userId, csrfToken } = session
  const messages = session.takeFlashes().map(({ message }) => message)
  if (session.outcome === 'revoked') messages.push(explain(session.outcome).sentence)
  const devices = userId === null ? [] : await sessions.list(userId)
  res.send(page({ userId, visits: session.data.visits, messages, csrfToken, devices, thisDevice: session.id }))
})

app.use((req, res, next) => {
  if (req.method !== 'POST' || req.session.isCsrfToken(req.body?.csrf)) return next()
  res.status(403).send('This form is too old. Go back and reload it.')
})

app.post('/sign-in', (req, res) => {
  const { name, password, remember } = req.body
  // Your application looks the user up in its database here, and compares password hashes.
  const known = name === 'ada' && password === 'difference engine'
  const label = browserName(req.get('User-Agent'))
  if (known) req.session.signIn('ada', { remember: remember === 'on', label })
  req.session.flash('info', known ? 'You are signed in.' : `There is no ${name} with this password.`)
  res.redirect(303, '/')
})

app.post('/sign-out', ({ session }, res) => {
  session.signOut()
  session.flash('info', 'You are signed out.')
  res.redirect(303, '/')
})

app.post('/devices/end', async ({ session, body }, res) => {
  if (session.userId !== null) {
    await sessions.revoke(session.userId, String(body.id))
    session.flash('info', 'That device is signed out.')
  }
  res.redirect(303, '/')
})

app.post('/devices/end-others', async ({ session }, res) => {
  if (session.userId !== null) {
    await sessions.revokeAll(session.userId, { except: session })
    session.flash('info', 'You are signed out everywhere else.')
  }
  res.redirect(303, '/')
})

const port = Number(process.env.PORT ?? 3000)
app
  .listen(port, 'localhost')
  .on('listening', () => console.log(`http://localhost:${port}`))
  .on('error', ({ message }) => {
    console.error(message) // for example, the port is in use
    process.exitCode = 1
  })
