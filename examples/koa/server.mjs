// @ts-check
// Counts visits, signs in and out, and lists devices, with Koa. From a clone: npm run build && node examples/koa/server.mjs
import { text } from 'node:stream/consumers'
import Koa from 'koa'
import Database from 'libsql' // or better-sqlite3, node:sqlite, bun:sqlite
import { createSessions, explain } from 'sojourn'
import { sojourn } from 'sojourn/koa'
import { sqliteStore } from 'sojourn/sqlite'
import { browserName, page } from '../page.mjs'

const sessions = createSessions({ store: sqliteStore(new Database(process.env.SESSIONS_FILE ?? 'sessions.db')) })
const app = new Koa()
app.use(sojourn(sessions))

app.use(async (ctx) => {
  if (ctx.method === 'GET' && ctx.path === '/') return showPage(ctx)
  if (ctx.method === 'POST') return receiveForm(ctx, new URLSearchParams(await text(ctx.req)))
})

/** @param {Koa.Context} ctx */
async function showPage(ctx) {
  const { session } = ctx
  session.data.visits = (session.data.visits ?? 0) + 1
  const { userId, csrfToken } = session
  const messages = session.takeFlashes().map(({ message }) => message)
  if (session.outcome === 'revoked') messages.push(explain(session.outcome).sentence)
  const devices = userId === null ? [] : await sessions.list(userId)
  ctx.body = page({ userId, visits: session.data.visits, messages, csrfToken, devices, thisDevice: session.id })
}

/**
 * @param {Koa.Context} ctx
 * @param {URLSearchParams} form
 */
async function receiveForm(ctx, form) {
  const { session } = ctx
  const { userId } = session
  if (!session.isCsrfToken(form.get('csrf'))) {
    ctx.status = 403
    ctx.body = 'This form is too old. Go back and reload it.'
    return
  }
  if (ctx.path === '/sign-in') {
    const name = form.get('name')
    // Your application looks the user up in its database here, and compares password hashes.
    const known = name === 'ada' && form.get('password') === 'difference engine'
    const label = browserName(ctx.get('User-Agent'))
    if (known) session.signIn('ada', { remember: form.get('remember') === 'on', label })
    session.flash('info', known ? 'You are signed in.' : `There is no ${name} with this password.`)
  }
  if (ctx.path === '/sign-out') {
    session.signOut()
    session.flash('info', 'You are signed out.')
  }
  if (ctx.path === '/devices/end' && userId !== null) {
    await sessions.revoke(userId, String(form.get('id')))
    session.flash('info', 'That device is signed out.')
  }
  if (ctx.path === '/devices/end-others' && userId !== null) {
    await sessions.revokeAll(userId, { except: session })
    session.flash('info', 'You are signed out everywhere else.')
  }
  ctx.status = 303
  ctx.redirect('/')
}

const port = Number(process.env.PORT ?? 3000)
app
  .listen(port, 'localhost', () => console.log(`http://localhost:${port}`))
  .on('error', ({ message }) => {
    console.error(message) // for example, the port is in use
    process.exitCode = 1
  })
