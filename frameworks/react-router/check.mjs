// A page with an action, as a browser without scripts uses it.
import { createVisitor, formOf } from '../check.mjs'

export const outagePaths = ['/page']

export async function checkMore(base, { check }) {
  const { visit } = createVisitor(base)
  const csrfOf = ({ text }) => /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? ''
  const guest = await visit('/page')
  check('a page has a CSRF token', csrfOf(guest) !== '' && guest.text.includes('User guest'), guest)
  const refused = await visit('/page', { form: formOf({ name: 'ada', csrf: 'of another site' }) })
  check('an action refuses a form of another site', refused.status === 403, refused)
  const entered = await visit('/page', { form: formOf({ name: 'ada', csrf: csrfOf(guest) }) })
  check(
    'an action that throws a redirect keeps a sign-in',
    entered.status === 303 && entered.set.includes('session'),
    entered,
  )
  const page = await visit('/page')
  check('the next page shows the user, and the flash message', /User ada\. Welcome/.test(page.text), page)
  const left = await visit('/page', { form: formOf({ what: 'sign-out', csrf: csrfOf(page) }) })
  check('an action signs out', left.set.includes('-session') && left.text.includes('User guest'), left)
}
