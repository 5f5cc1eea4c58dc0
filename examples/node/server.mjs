// @ts-check
// Counts visits, signs in and out, and lists devices, with node:http alone. From a clone: npm run build && node examples/node/server.mjs
import { createServer } from 'node:http'
import Database from 'libsql' // or better-sqlite3, node:sqlite, bun:sqlite
import { createSessions, explain } from 'sojourn'
import { sojourn } from 'sojourn/node'
import { sqliteStore } from 'sojourn/sqlite'
import { browserName, page } from '../page.mjs'

const sessions = createSessions({ store: sqliteStore(new Database(process.env.SESSIONS_FILE ?? 'sessions.db')) })
const server = createServer(
  sojourn(sessions, async (req, res) => {
    const { session } = req
    const { userId } = session
    if (req.method === 'GET' && req.url === '/') {
      session.data.visits = (session.data.visits ?? 0) + 1
      const messages = session.takeFlashes().map(({ message }) => message)
      if (session.outcome === 'revoked') messages.push(explain(session.outcome).sentence)
      const { csrfToken } = session
      const devices = userId === null ? [] : await sessions.list(userId)
      res
        .setHeader('Content-Type', 'text/html; charset=utf-8')
        .end(page({ userId, visits: session.data.visits, messages, csrfToken, devices, thisDevice: session.id }))
      return
    }
    if (req.method !== 'POST') return void res.writeHead(404).end('There is no such page.')

    const form = await formOf(req)
    if (!session.isCsrfToken(form.get('csrf'))) {
      return void res.writeHead(403).end('This form is too old. Go back and reload it.')
    }
    if (req.url === '/sign-in') {
      // Your application looks the user up in its database here, and compares password hashes.
      const known = form.get('name') === 'ada' && form.get('password') === 'difference engine'
      const label = browserName(req.headers['user-agent'])
      if (known) session.signIn('ada', { remember: form.has('remember'), label })
      session.flash('info', known ? 'You are signed in.' : `There is no ${form.get('name')} with this password.`)
    }
    if (req.url === '/sign-out') {
      session.signOut()
      session.flash('info', 'You are signed out.')
    }
    if (req.url === '/devices/end' && userId !== null) {
      await sessions.revoke(userId, String(form.get('id')))
      session.flash('info', 'That device is signed out.')
    }
    if (req.url === '/devices/end-others' && userId !== null) {
      await sessions.revokeAll(userId, { except: session })
      session.flash('info', 'You are signed out everywhere else.')
    }
    res.writeHead(303, { Location: '/' }).end()
  }),
)

/** @param {import('node:http').IncomingMessage} req */
async function formOf(req) {
  let body = ''
  for await (const chunk of req.setEncoding('utf8')) {
    body += chunk
    if (body.length > 10_000) throw Object.assign(new Error('This form is too long.'), { status: 413 })
  }
  return new URLSearchParams(body)
}

const port = Number(process.env.PORT ?? 3000)
server
  .listen(port, 'localhost', () => console.log(`http://localhost:${port}`))
  .on('error', ({ message }) => {
    console.error(message) // for example, the port is in use
    process.exitCode = 1
  })
