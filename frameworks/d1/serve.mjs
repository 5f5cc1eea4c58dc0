// Runs the Workers in Cloudflare's simulator, with a new D1 database.
import { Miniflare } from 'miniflare'

const { HOST, PORT, NODE_ENV, SECRET_KEY, STORE = '' } = process.env
const options = {
  modules: true,
  compatibilityDate: '2025-09-01',
  compatibilityFlags: ['nodejs_compat', 'service_binding_extra_handlers'],
  bindings: { NODE_ENV, SECRET_KEY, STORE },
  d1Databases: { DB: 'sessions' },
}
const serviceBindings = { DOCUMENTED: 'documented' }
const simulator = new Miniflare({
  host: HOST,
  port: Number(PORT),
  workers: [
    { ...options, name: 'application', scriptPath: 'build/tested-worker.js', serviceBindings },
    // The Worker of docs/frameworks.md, as it is there.
    { ...options, name: 'documented', scriptPath: 'build/worker.js' },
  ],
})
await simulator.ready
