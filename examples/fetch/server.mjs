// @ts-check
// Counts visits, signs in and out, and lists devices, with a handler of the Fetch API. From a clone: npm run build && node examples/fetch/server.mjs
import { serve } from '@hono/node-server'
import Database from 'libsql' // or better-sqlite3, node:sqlite, bun:sqlite
import { createSessions, explain } from 'sojourn'
import { sojourn } from 'sojourn/fetch'
import { sqliteStore } from 'sojourn/sqlite'
import { browserName, page } from '../page.mjs'

const sessions = createSessions({ store: sqliteStore(new Database(process.env.SESSIONS_FILE ?? 'sessions.db')) })
const handler = sojourn(sessions, async (request, session) => {
  const { pathname } = new URL(request.url)
  const { userId } = session
  if (request.method === 'GET' && pathname === '/') {
    session.data.visits = (session.data.visits ?? 0) + 1
    const messages = session.takeFlashes().map(({ message }) => message)
    if (session.outcome === 'revoked') messages.push(explain(session.outcome).sentence)
    const { csrfToken } = session
    const devices = userId === null ? [] : await sessions.list(userId)
    const html = page({ userId, visits: session.data.visits, messages, csrfToken, devices, thisDevice: session.id })
    return new Response(html, { headers: { 'Content-Type': 'text/html; charset=utf-8' } })
  }
  if (request.method !== 'POST') return new Response('There is no such page.', { status: 404 })

  const form = await request.formData().catch(() => new FormData())
  if (!session.isCsrfToken(form.get('csrf'))) {
    return new Response('This form is too old. Go back and reload it.', { status: 403 })
  }
  if (pathname === '/sign-in') {
    // Your application looks the user up in its database here, and compares password hashes.
    const known = form.get('name') === 'ada' && form.get('password') === 'difference engine'
    const label = browserName(request.headers.get('User-Agent'))
    if (known) session.signIn('ada', { remember: form.has('remember'), label })
    session.flash('info', known ? 'You are signed in.' : `There is no ${form.get('name')} with this password.`)
  }
  if (pathname === '/sign-out') {
    session.signOut()
    session.flash('info', 'You are signed out.')
  }
  if (pathname === '/devices/end' && userId !== null) {
    await sessions.revoke(userId, String(form.get('id')))
    session.flash('info', 'That device is signed out.')
  }
  if (pathname === '/devices/end-others' && userId !== null) {
    await sessions.revokeAll(userId, { except: session })
    session.flash('info', 'You are signed out everywhere else.')
  }
  return new Response(null, { status: 303, headers: { Location: '/' } })
})

// On Node. On Bun it is Bun.serve({ port, fetch: handler }), on Deno Deno.serve({ port }, handler).
const port = Number(process.env.PORT ?? 3000)
const server = serve({ fetch: handler, port, hostname: 'localhost' }, () => console.log(`http://localhost:${port}`))
server.on('error', ({ message }) => {
  console.error(message) // for example, the port is in use
  process.exitCode = 1
})
