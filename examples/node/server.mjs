// @ts-check
// Counts visits, signs in and out, with node:http alone. From a clone: npm run build && node examples/node/server.mjs
import { createServer } from 'node:http'
import { createSessions } from 'sojourn'
import { sojourn } from 'sojourn/node'

const server = createServer(
  sojourn(createSessions(), async (req, res) => {
    const { session } = req
    if (req.method === 'GET' && req.url === '/') {
      session.data.visits = (session.data.visits ?? 0) + 1
      res.setHeader('Content-Type', 'text/html; charset=utf-8').end(page(session))
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
      if (known) session.signIn('ada', { remember: form.has('remember') })
      session.flash('info', known ? 'You are signed in.' : `There is no ${form.get('name')} with this password.`)
    }
    if (req.url === '/sign-out') {
      session.signOut()
      session.flash('info', 'You are signed out.')
    }
    res.writeHead(303, { Location: '/' }).end()
  }),
)

/** @param {import('sojourn').Session} session */
function page(session) {
  const messages = session.takeFlashes()
  const csrf = `<input type="hidden" name="csrf" value="${session.csrfToken}">`
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
}

const signIn = `
  <p><label>Name <input name="name" autocomplete="username"></label></p>
  <p><label>Password <input name="password" type="password" autocomplete="current-password"></label></p>
  <p><label><input name="remember" type="checkbox"> Stay signed in</label></p>
  <button>Sign in</button>`

/** @param {import('node:http').IncomingMessage} req */
async function formOf(req) {
  let body = ''
  for await (const chunk of req.setEncoding('utf8')) {
    body += chunk
    if (body.length > 10_000) throw Object.assign(new Error('This form is too long.'), { status: 413 })
  }
  return new URLSearchParams(body)
}

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const port = Number(process.env.PORT ?? 3000)
server
  .listen(port, 'localhost', () => console.log(`http://localhost:${port}`))
  .on('error', ({ message }) => {
    console.error(message) // for example, the port is in use
    process.exitCode = 1
  })
