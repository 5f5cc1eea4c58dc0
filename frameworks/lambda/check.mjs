// Events and results of Lambda: bodies of text and of bytes, and the query.
import { createVisitor } from '../check.mjs'

export const outagePaths = ['/handler']

export async function checkMore(base, { check }) {
  const { visit } = createVisitor(base)
  const first = await visit('/handler')
  check('the handler counts a visit', first.text === 'Visit 1 of a guest\n' && first.set.includes('guest'), first)
  const second = await visit('/handler')
  check('the handler knows the guest', second.text === 'Visit 2 of a guest\n', second)

  const json = '{"name":"Zoë"}'
  const text = await visit('/echo', { form: json, headers: { 'content-type': 'application/json' } })
  check('a body of text arrives', text.text === json, text)
  const bytes = await visit('/echo', { form: 'Zoë', headers: { 'content-type': 'application/octet-stream' } })
  check('a body of bytes arrives', bytes.text === 'Zoë', bytes)
  const query = await visit('/echo?a=1&b=Zo%C3%AB')
  check('the query arrives', query.text === '?a=1&b=Zoë', query)
}
