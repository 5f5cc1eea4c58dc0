// Runs the Worker in Cloudflare's simulator, with a new D1 database.
import { Miniflare } from 'miniflare'

const { HOST, PORT, NODE_ENV, SECRET_KEY, STORE = '' } = process.env
const simulator = new Miniflare({
  host: HOST,
  port: Number(PORT),
  modules: true,
  scriptPath: 'build/worker.js',
  compatibilityDate: '2025-09-01',
  compatibilityFlags: ['nodejs_compat'],
  bindings: { NODE_ENV, SECRET_KEY, STORE },
  d1Databases: { DB: 'sessions' },
})
await simulator.ready
