// A page with a form, as a browser without scripts uses it. It also asks the server while it is rendered.
import { createVisitor, formOf } from '../check.mjs'

export const outagePaths = ['/page']

export async function checkMore(base, { check }) {
  const { visit } = createVisitor(base)
  const guest = await visit('/page')
  const csrf = /name="csrf" value="([^"]+)"/.exec(guest.text)?.[1] ?? ''
  check('a page has a CSRF token', csrf !== '' && guest.text.includes('User guest'), guest)
  const refused = await visit('/sign-in', { form: formOf({ name: 'ada', csrf: 'of another site' }) })
  check('a handler refuses a form of another site', refused.status === 403, refused)
  const entered = await visit('/sign-in', { form: formOf({ name: 'ada', csrf }) })
  check('a redirect keeps a sign-in', entered.status === 303 && entered.set.includes('session'), entered)
  const page = await visit('/page')
  check('the next page shows the user, and the flash message', /User ada\. Welcome/.test(page.text), page)
  check('a request of a page that is being rendered has the session', page.text.includes('server says ada'), page)
  const cached = await visit('/cached')
  check('a cached page is the same for all visitors', cached.text.includes('Cached for all'), cached)
  const failed = await visit('/sign-out-and-fail', { form: formOf({}) })
  check('a sign-out before an error takes effect', failed.status === 500 && failed.set.includes('-session'), failed)
}
