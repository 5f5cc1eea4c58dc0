// @ts-check
// Counts visits, signs in and out, with a handler of the Fetch API. From a clone: npm run build && node examples/fetch/server.mjs
import { serve } from '@hono/node-server'
import { createSessions } from 'sojourn'
import { sojourn } from 'sojourn/fetch'

const handler = sojourn(createSessions(), async (request, session) => {
  const { pathname } = new URL(request.url)
  if (request.method === 'GET' && pathname === '/') {
    session.data.visits = (session.data.visits ?? 0) + 1
    return new Response(page(session), { headers: { 'Content-Type': 'text/html; charset=utf-8' } })
  }
  if (request.method !== 'POST') return new Response('There is no such page.', { status: 404 })

  const form = await request.formData().catch(() => new FormData())
  if (!session.isCsrfToken(form.get('csrf'))) {
    return new Response('This form is too old. Go back and reload it.', { status: 403 })
  }
  if (pathname === '/sign-in') {
    // Your application looks the user up in its database here, and compares password hashes.
    const known = form.get('name') === 'ada' && form.get('password') === 'difference engine'
    if (known) session.signIn('ada', { remember: form.has('remember') })
    session.flash('info', known ? 'You are signed in.' : `There is no ${form.get('name')} with this password.`)
  }
  if (pathname === '/sign-out') {
    session.signOut()
    session.flash('info', 'You are signed out.')
  }
  return new Response(null, { status: 303, headers: { Location: '/' } })
})

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

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

// On Node. On Bun it is Bun.serve({ port, fetch: handler }), on Deno Deno.serve({ port }, handler).
const port = Number(process.env.PORT ?? 3000)
const server = serve({ fetch: handler, port, hostname: 'localhost' }, () => console.log(`http://localhost:${port}`))
server.on('error', ({ message }) => {
  console.error(message) // for example, the port is in use
  process.exitCode = 1
})
