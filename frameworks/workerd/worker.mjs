import { env } from 'cloudflare:workers'
import { createSessions } from 'sojourn'
import { durableObjectStore } from 'sojourn/durable-object'
import { sojourn } from 'sojourn/fetch'
import { createAnswer, openStore, storeTimeout } from '../fetch-app.mjs'
import { answerTest } from './tests.mjs'

// An application exports SojournObject itself. This one fails as the tests want it.
export { TestedObject } from './tested-object.mjs'

/** Without `STORE`, sessions are in the cookies. */
function openTestedStore() {
  if (!env.STORE) return undefined
  return env.STORE === 'down' ? openStore('down') : durableObjectStore(env.SESSIONS)
}

const sessions = createSessions({ store: openTestedStore(), storeTimeout })
const visit = sojourn(sessions, createAnswer(sessions))

export default { fetch: async (request) => (await answerTest(request, env)) ?? visit(request) }
