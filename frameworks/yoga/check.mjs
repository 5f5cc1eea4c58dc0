// Queries and mutations of GraphQL, by both adapters.
import { createVisitor, isPrivate } from '../check.mjs'

const pathOf = (query) => `/graphql?query=${encodeURIComponent(query)}`

export const outagePaths = [pathOf('{ me }')]

export async function checkMore(base, { check }) {
  for (const adapter of ['node', 'fetch']) {
    const { visit } = createVisitor(base)
    const headers = { accept: 'application/json', 'x-adapter': adapter }
    const query = (text) => visit(pathOf(text), { headers })
    const mutate = (text) =>
      visit('/graphql', {
        form: JSON.stringify({ query: `mutation { ${text} }` }),
        headers: { ...headers, 'content-type': 'application/json' },
      })

    const guest = await query('{ me }')
    check(`${adapter}: a query of a guest`, guest.text === '{"data":{"me":null}}', guest)
    check(`${adapter}: a query is private, and sets no cookie`, isPrivate(guest) && guest.set.length === 0, guest)
    const byGet = await query('mutation { signIn(name: "ada") }')
    check(`${adapter}: a mutation by GET is refused`, byGet.status === 405 && byGet.set.length === 0, byGet)
    const entered = await mutate('signIn(name: "ada")')
    check(`${adapter}: a mutation signs in`, entered.text.includes('"ada"') && entered.set.includes('session'), entered)
    const user = await query('{ me again: me }')
    check(`${adapter}: a query has the user`, user.text === '{"data":{"me":"ada","again":"ada"}}', user)
    const left = await mutate('signOut')
    check(`${adapter}: a mutation signs out`, left.set.includes('-session'), left)
  }
}
