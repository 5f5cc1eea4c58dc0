// @ts-check
// Counts visits, signs in and out, with Hono. From a clone: npm run build && node examples/hono/server.mjs
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { html } from 'hono/html'
import { createSessions } from 'sojourn'
import { sojourn } from 'sojourn/hono'

const app = new Hono()
app.use(sojourn(createSessions()))

app.get('/', (c) => {
  const { session } = c.var
  session.data.visits = (session.data.visits ?? 0) + 1
  const csrf = html`<input type="hidden" name="csrf" value="${session.csrfToken}" />`
  return c.html(
    html`<!doctype html>
      <html lang="en">
        <meta name="viewport" content="width=device-width" />
        <title>Visit ${session.data.visits}</title>
        <main>
          <h1>Visit ${session.data.visits} of ${session.userId ?? 'a guest'}</h1>
          ${session.takeFlashes().map(({ message }) => html`<p role="status">${message}</p>`)}
          <form method="post" action="${session.userId === null ? '/sign-in' : '/sign-out'}">
            ${csrf} ${session.userId === null ? signIn : html`<button>Sign out</button>`}
          </form>
        </main>
      </html>`,
  )
})

const signIn = html`
  <p>
    <label>Name <input name="name" autocomplete="username" /></label>
  </p>
  <p>
    <label>Password <input name="password" type="password" autocomplete="current-password" /></label>
  </p>
  <p>
    <label><input name="remember" type="checkbox" /> Stay signed in</label>
  </p>
  <button>Sign in</button>
`

app.post('*', async (c, next) => {
  const { csrf } = await c.req.parseBody()
  if (!c.var.session.isCsrfToken(csrf)) return c.text('This form is too old. Go back and reload it.', 403)
  return next()
})

app.post('/sign-in', async (c) => {
  const { name, password, remember } = await c.req.parseBody()
  // Your application looks the user up in its database here, and compares password hashes.
  const known = name === 'ada' && password === 'difference engine'
  if (known) c.var.session.signIn('ada', { remember: remember === 'on' })
  c.var.session.flash('info', known ? 'You are signed in.' : `There is no ${name} with this password.`)
  return c.redirect('/', 303)
})

app.post('/sign-out', (c) => {
  c.var.session.signOut()
  c.var.session.flash('info', 'You are signed out.')
  return c.redirect('/', 303)
})

const port = Number(process.env.PORT ?? 3000)
const server = serve({ fetch: app.fetch, port, hostname: 'localhost' }, () => console.log(`http://localhost:${port}`))
server.on('error', ({ message }) => {
  console.error(message) // for example, the port is in use
  process.exitCode = 1
})
