// @ts-check
// Counts visits, signs in and out, with Fastify. From a clone: npm run build && node examples/fastify/server.mjs
import fastify from 'fastify'
import { createSessions } from 'sojourn'
import { sojourn } from 'sojourn/fastify'

const app = fastify()
app.register(sojourn, { sessions: createSessions() })

// A form as `URLSearchParams`.
app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
  done(null, new URLSearchParams(String(body))),
)

app.get('/', ({ session }, reply) => {
  session.data.visits = (session.data.visits ?? 0) + 1
  const messages = session.takeFlashes()
  const csrf = `<input type="hidden" name="csrf" value="${session.csrfToken}">`
  reply.type('text/html; charset=utf-8').send(`<!doctype html>
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
  if (known) session.signIn('ada', { remember: form.get('remember') === 'on' })
  session.flash('info', known ? 'You are signed in.' : `There is no ${name} with this password.`)
  reply.redirect('/', 303)
})

app.post('/sign-out', ({ session }, reply) => {
  session.signOut()
  session.flash('info', 'You are signed out.')
  reply.redirect('/', 303)
})

/** @param {import('fastify').FastifyRequest} request */
const formOf = ({ body }) => (body instanceof URLSearchParams ? body : new URLSearchParams())

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const port = Number(process.env.PORT ?? 3000)
app
  .listen({ port, host: 'localhost' })
  .then(() => console.log(`http://localhost:${port}`))
  .catch((error) => {
    console.error(error.message) // for example, the port is in use
    process.exitCode = 1
  })
