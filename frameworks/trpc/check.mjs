// Queries and mutations by each link of tRPC's own client.
import { createTRPCClient, httpBatchLink, httpBatchStreamLink, httpLink } from '@trpc/client'
import { createVisitor, isPrivate } from '../check.mjs'

export const outagePaths = ['/trpc/me', '/standalone/me', '/express/me']

export async function checkMore(base, { check }) {
  for (const endpoint of ['/trpc', '/standalone', '/express']) {
    await checkLink('httpLink', httpLink)
    await checkLink('httpBatchLink', httpBatchLink)
    await checkBatch(endpoint)
    await checkStream(endpoint)

    async function checkLink(name, link) {
      const { client, answers } = createClient(endpoint, link)
      const what = `${endpoint}, ${name}:`
      check(`${what} a query of a guest`, (await client.me.query()) === null, answers)
      check(`${what} a query is private`, isPrivate(answers.at(-1)) && answers.at(-1).set.length === 0, answers)
      await client.signIn.mutate('ada')
      check(`${what} a mutation signs in`, answers.at(-1).set.includes('session'), answers)
      check(`${what} the next query has the user`, (await client.me.query()) === 'ada', answers)
      await client.signOut.mutate()
      check(`${what} a mutation signs out`, answers.at(-1).set.includes('-session'), answers)
      check(`${what} the next query is of a guest`, (await client.me.query()) === null, answers)
    }
  }

  async function checkBatch(endpoint) {
    const { client, answers } = createClient(endpoint, httpBatchLink)
    await client.signIn.mutate('ada')
    const both = await Promise.all([client.me.query(), client.me.query()])
    check(`${endpoint}: two queries are one request`, both.join() === 'ada,ada' && answers.length === 2, answers)
  }

  async function checkStream(endpoint) {
    const { client, answers } = createClient(endpoint, httpBatchStreamLink)
    const error = await client.signIn.mutate('ada').then(
      () => 'It signed in.',
      ({ message }) => message,
    )
    check(`${endpoint}: a streamed mutation cannot sign in`, error.includes('came too late'), { error, answers })
    check(`${endpoint}: and sets no cookie`, answers.at(-1).set.length === 0, answers)
    const both = await Promise.all([client.me.query(), client.me.query()])
    check(`${endpoint}: streamed queries read`, both.every((user) => user === null) && answers.length === 2, answers)
  }

  /** A client with cookies, and the answers that it got. */
  function createClient(endpoint, link) {
    const { visit } = createVisitor(base)
    const answers = []
    async function fetchAsVisitor(url, { method, body, headers }) {
      const form = method === 'POST' ? (body ?? new URLSearchParams()) : undefined
      const answer = await visit(url.slice(base.length), { form, headers: Object.fromEntries(new Headers(headers)) })
      answers.push(answer)
      return new Response(answer.text, answer)
    }
    return { client: createTRPCClient({ links: [link({ url: base + endpoint, fetch: fetchAsVisitor })] }), answers }
  }
}
