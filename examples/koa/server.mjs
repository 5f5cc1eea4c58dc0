// @ts-check
// Counts visits, signs in and out, with Koa. From a clone: npm run build && node examples/koa/server.mjs
import { text } from 'node:stream/consumers'
import Koa from 'koa'
import { createSessions } from 'sojourn'
import { sojourn } from 'sojourn/koa'

const app = new Koa()
app.use(sojourn(createSessions()))

app.use(async (ctx) => {
  switch (`${ctx.method} ${ctx.path}`) {
    case 'GET /':
      return showPage(ctx)
    case 'POST /sign-in':
    case 'POST /sign-out':
      return receiveForm(ctx, new URLSearchParams(await text(ctx.req)))
  }
})

/** @param {Koa.Context} ctx */
function showPage(ctx) {
  const { session } = ctx
  session.data.visits = (session.data.visits ?? 0) + 1
  const messages = session.takeFlashes()
  const csrf = `<input type="hidden" name="csrf" value="${session.csrfToken}">`
  ctx.body = `<!doctype html>
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

/**
 * @param {Koa.Context} ctx
 * @param {URLSearchParams} form
 */
function receiveForm(ctx, form) {
  const { session } = ctx
  if (!session.isCsrfToken(form.get('csrf'))) {
    ctx.status = 403
    ctx.body = 'This form is too old. Go back and reload it.'
    return
  }
  if (ctx.path === '/sign-out') {
    session.signOut()
    session.flash('info', 'You are signed out.')
  } else {
    const name = form.get('name')
    // Your application looks the user up in its database here, and compares password hashes.
    const known = name === 'ada' && form.get('password') === 'difference engine'
    if (known) session.signIn('ada', { remember: form.get('remember') === 'on' })
    session.flash('info', known ? 'You are signed in.' : `There is no ${name} with this password.`)
  }
  ctx.status = 303
  ctx.redirect('/')
}

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const port = Number(process.env.PORT ?? 3000)
app
  .listen(port, 'localhost', () => console.log(`http://localhost:${port}`))
  .on('error', ({ message }) => {
    console.error(message) // for example, the port is in use
    process.exitCode = 1
  })
