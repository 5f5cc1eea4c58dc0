import { env } from 'cloudflare:workers'
import { createSessions } from 'sojourn'
import { d1Store } from 'sojourn/d1'
import { sojourn } from 'sojourn/fetch'
import { createAnswer, openStore } from '../fetch-app.mjs'
import { answerTest } from './tests.mjs'

const store = env.STORE === 'down' ? openStore('down') : d1Store(env.DB)
const sessions = createSessions({ store, storeTimeout: 1 })
const visit = sojourn(sessions, createAnswer(sessions))

let hasTable = env.STORE === 'down'

export default {
  async fetch(request) {
    if (!hasTable) await store.createTable()
    hasTable = true
    return (await answerTest(request, env)) ?? visit(request)
  },
}
