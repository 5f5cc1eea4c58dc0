// Validated forms, statuses and streams, as Elysia's own functions make them.
import { createVisitor, formOf } from '../check.mjs'

export const outagePaths = ['/account']

export async function checkMore(base, { check }) {
  const { visit } = createVisitor(base)
  const guest = await visit('/account')
  check('a status of Elysia leaves', guest.status === 401 && guest.set.length === 0, guest)
  const { text: csrf } = await visit('/form')
  const invalid = await visit('/form', { form: formOf({ csrf }) })
  check('an invalid form is a 422', invalid.status === 422 && invalid.set.length === 0, invalid)
  const refused = await visit('/form', { form: formOf({ name: 'ada', csrf: 'of another site' }) })
  check('a form of another site is refused', refused.status === 403 && refused.set.length === 0, refused)
  const entered = await visit('/form', { form: formOf({ name: 'ada', csrf }) })
  check('a form signs in', entered.text === 'User ada' && entered.set.includes('session'), entered)
  const missing = await visit('/no-such-page')
  check('a page that is not there sets no cookie', missing.status === 404 && missing.set.length === 0, missing)

  const late = await visit('/late')
  check('a stream cannot sign in', late.text.includes('came too late') && late.set.length === 0, late)
}
