// @ts-check
// Counts visits, signs in and out, with Express. From a clone: npm run build && node examples/express/server.mjs
import express from 'express'
import { createSessions } from 'sojourn'
import { sojourn } from 'sojourn/express'

const app = express()
app.use(express.urlencoded({ extended: false }), sojourn(createSessions()))

app.get('/', ({ session }, res) => {
  session.data.visits = (session.data.visits ?? 0) + 1
  const messages = session.takeFlashes()
  const csrf = `<input type="hidden" name="csrf" value="${session.csrfToken}">`
  res.send(`<!doctype html>
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
    </html>`)
})

const signIn = `
  <p><label>Name <input name="name" autocomplete="username"></label></p>
  <p><label>Password <input name="password" type="password" autocomplete="current-password"></label></p>
  <p><label><input name="remember" type="checkbox"> Stay signed in</label></p>
  <button>Sign in</button>`

app.use((req, res, next) => {
  if (req.method !== 'POST' || req.session.isCsrfToken(req.body?.csrf)) return next()
  res.status(403).send('This form is too old. Go back and reload it.')
})

app.post('/sign-in', ({ session, body: { name, password, remember } }, res) => {
  // Your application looks the user up in its database here, and compares password hashes.
  const known = name === 'ada' && password === 'difference engine'
  if (known) session.signIn('ada', { remember: remember === 'on' })
  session.flash('info', known ? 'You are signed in.' : `There is no ${name} with this password.`)
  res.redirect(303, '/')
})

app.post('/sign-out', ({ session }, res) => {
  session.signOut()
  session.flash('info', 'You are signed out.')
  res.redirect(303, '/')
})

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const port = Number(process.env.PORT ?? 3000)
app
  .listen(port, 'localhost')
  .on('listening', () => console.log(`http://localhost:${port}`))
  .on('error', ({ message }) => {
    console.error(message) // for example, the port is in use
    process.exitCode = 1
  })
