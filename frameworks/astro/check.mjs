// Actions, a page that streams, error pages and prerendered pages, as a browser without scripts uses them.
import { createVisitor, formOf } from '../check.mjs'

export const outagePaths = ['/page']

export async function checkMore(base, { check }) {
  const { visit } = createVisitor(base)
  const guest = await visit('/page')
  const csrf = /name="csrf" value="([^"]+)"/.exec(guest.text)?.[1] ?? ''
  check('a page has a CSRF token', csrf !== '' && guest.text.includes('User guest'), guest)
  const signIn = '/page?_action=signIn'
  const refused = await visit(signIn, { form: formOf({ name: 'ada', csrf: 'of another site' }) })
  check('an action refuses a form of another site', refused.status === 403 && refused.text.includes('too old'), refused)
  const entered = await visit(signIn, { form: formOf({ name: 'ada', csrf }) })
  check('an action keeps a sign-in', entered.status === 303 && entered.set.includes('session'), entered)
  const page = await visit('/page')
  const isWelcome = page.text.includes('User ada') && page.text.includes('Welcome')
  check('the next page shows the user in a component that streams, and the flash message', isWelcome, page)

  const late = await visit('/late')
  check('a component cannot be the first to read while a page streams', !late.text.includes('User ada'), late)
  const prerendered = await visit('/prerendered')
  const isPlain = prerendered.text.includes('Prerendered') && prerendered.set.length === 0
  check('a page can be prerendered', isPlain && !prerendered.headers.has('Vary'), prerendered)

  const left = await visit('/page?_action=signOut', { form: formOf({}) })
  check('an action signs out', left.set.includes('-session') && left.text.includes('User guest'), left)

  await visit('/login', { form: formOf({ name: 'ada' }) })
  const headers = { origin: base.replace('http:', 'https:'), 'x-forwarded-proto': 'https' }
  const proxied = await visit('/flash', { form: formOf({}), headers })
  check('a form behind a proxy that ends TLS is taken', proxied.status === 200, proxied)
  const failed = await visit('/sign-out-and-fail', { form: formOf({}) })
  check('an error shows 500.astro', failed.status === 500 && failed.text.includes('An error page'), failed)
  check('a sign-out before an error takes effect', failed.set.includes('-session'), failed)
}
