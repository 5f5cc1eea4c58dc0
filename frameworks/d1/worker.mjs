import { env } from 'cloudflare:workers'
import { createSessions } from 'sojourn'
import { d1Store } from 'sojourn/d1'
import { sojourn } from 'sojourn/fetch'
import { answer, openStore } from '../fetch-app.mjs'

const store = env.STORE === 'down' ? openStore('down') : d1Store(env.DB)
const visit = sojourn(createSessions({ store, storeTimeout: 1 }), answer)

let tables = 0
/** Opens a store on tables of its own, which only tests need. */
async function openEmptyStore() {
  const table = `sessions_${tables++}`
  const store = d1Store(env.DB, { table })
  await store.createTable()
  return { store, another: () => d1Store(env.DB, { table }), expiresByItself: false }
}

/** Runs a check of the suite of the store contract inside the runtime. */
async function runSuite(detail) {
  // Later than the Worker, because the clock of the runtime stands at 1970 until there is a request.
  const { storeSuite } = await import('sojourn/testing')
  const suite = storeSuite(openEmptyStore, { rounds: 10 })
  if (detail === undefined) return Response.json(suite.map(([name]) => name))
  try {
    await suite[detail][1]()
    return new Response()
  } catch (error) {
    return new Response(error.stack, { status: 500 })
  }
}

export default {
  async fetch(request) {
    const [, part, detail] = new URL(request.url).pathname.split('/')
    if (part === 'suite') return runSuite(detail)
    if (part !== 'table') return visit(request)
    await d1Store(env.DB).createTable()
    return new Response()
  },
}
