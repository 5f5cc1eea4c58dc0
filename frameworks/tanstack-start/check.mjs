// A page whose loader and form call server functions, as a browser without scripts uses it.
import { createVisitor, formOf } from '../check.mjs'

export const outagePaths = ['/page']

export async function checkMore(base, { check }) {
  const { visit } = createVisitor(base)
  const guest = await visit('/page')
  const csrf = /name="csrf" value="([^"]+)"/.exec(guest.text)?.[1] ?? ''
  const action = /action="([^"]+)"/.exec(guest.text)?.[1] ?? ''
  check('a page has a CSRF token', csrf !== '' && guest.text.includes('User guest'), guest)
  const refused = await visit(action, { form: formOf({ name: 'ada', csrf: 'of another site' }) })
  check('a server function refuses a form of another site', refused.status === 403, refused)
  const entered = await visit(action, { form: formOf({ name: 'ada', csrf }) })
  const isKept = entered.status === 303 && entered.set.includes('session')
  check('a server function that throws a redirect keeps a sign-in', isKept, entered)
  const page = await visit('/page')
  check('the next page shows the user, and the flash message', /User ada\. Welcome/.test(page.text), page)
  const failed = await visit('/sign-out-and-fail', { form: formOf({}) })
  check('a sign-out before an error takes effect', failed.status === 500 && failed.set.includes('-session'), failed)
}
