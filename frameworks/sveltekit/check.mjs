// A page with form actions, as a browser without scripts uses it.
import { createVisitor, formOf } from '../check.mjs'

export const outagePaths = ['/page']

export async function checkMore(base, { check }) {
  const { visit } = createVisitor(base)
  const guest = await visit('/page')
  const csrf = /name="csrf" value="([^"]+)"/.exec(guest.text)?.[1] ?? ''
  check('a page has a CSRF token', csrf !== '' && guest.text.includes('User guest'), guest)
  const refused = await visit('/page?/signIn', { form: formOf({ name: 'ada', csrf: 'of another site' }) })
  check('a form action refuses a form of another site', refused.status === 403, refused)
  const entered = await visit('/page?/signIn', { form: formOf({ name: 'ada', csrf }) })
  check(
    'a form action that redirects keeps a sign-in',
    entered.status === 303 && entered.set.includes('session'),
    entered,
  )
  const page = await visit('/page')
  check('the next page shows the user, and the flash message', /User ada\. Welcome/.test(page.text), page)
  const left = await visit('/page?/signOut', { form: formOf({}) })
  check('a form action signs out', left.set.includes('-session') && left.text.includes('User guest'), left)
}
