// @ts-check
// Counts visits, signs in and out, with h3. From a clone: npm run build && node examples/h3/server.mjs
import { H3, HTTPError, readFormData, redirect, serve } from 'h3'
import { createSessions } from 'sojourn'
import { sojourn } from 'sojourn/h3'

const app = new H3()
app.use(sojourn(createSessions()))

app.get('/', ({ context: { session }, res }) => {
  session.data.visits = (session.data.visits ?? 0) + 1
  const messages = session.takeFlashes()
  const csrf = `<input type="hidden" name="csrf" value="${session.csrfToken}">`
  res.headers.set('Content-Type', 'text/html; charset=utf-8')
  return `<!doctype html>
    <html lang="en">
      <meta name="viewport" content="width=device-width">
      <title>Visit ${session.data.visits}</title>
      <main>
        <h1>Visit ${session.data.visits} of ${escaped(session.userId ?? 'a guest')}</h1>
        ${messages.map(({ message }) => `<p role="status">${escaped(message)}</p>`).join('')}
        <form method="post" action="${session.userId === null ? '/sign-in' : '/sign-out'}">
          ${csrf}
          ${session.userId === null ? signIn : '<button>Sign out</button>'}
        </form>
      </main>
    </html>`
})

const signIn = `
  <p><label>Name <input name="name" autocomplete="username"></label></p>
  <p><label>Password <input name="password" type="password" autocomplete="current-password"></label></p>
  <p><label><input name="remember" type="checkbox"> Stay signed in</label></p>
  <button>Sign in</button>`

app.post('/sign-in', async (event) => {
  const { session } = event.context
  const form = await formOf(event)
  const name = form.get('name')
  // Your application looks the user up in its database here, and compares password hashes.
  const known = name === 'ada' && form.get('password') === 'difference engine'
  if (known) session.signIn('ada', { remember: form.get('remember') === 'on' })
  session.flash('info', known ? 'You are signed in.' : `There is no ${name} with this password.`)
  return redirect('/', 303)
})

app.post('/sign-out', async (event) => {
  await formOf(event)
  event.context.session.signOut()
  event.context.session.flash('info', 'You are signed out.')
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

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const port = Number(process.env.PORT ?? 3000)
serve(app, { port, hostname: 'localhost', silent: true })
  .ready()
  .then(() => console.log(`http://localhost:${port}`))
  .catch(({ message }) => {
    console.error(message) // for example, the port is in use
    process.exitCode = 1
  })
