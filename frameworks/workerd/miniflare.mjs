// Runs the Workers of config.capnp in Cloudflare's simulator.
import { Miniflare } from 'miniflare'

const { HOST, PORT, NODE_ENV, SECRET_KEY } = process.env
const options = {
  modules: true,
  compatibilityDate: '2025-09-01',
  compatibilityFlags: ['nodejs_compat'],
  bindings: { NODE_ENV, SECRET_KEY, STORE: 'durable-object' },
}
const objectsOf = (className) => ({ SESSIONS: { className, useSQLite: true } })
const simulator = new Miniflare({
  host: HOST,
  port: Number(PORT),
  workers: [
    {
      ...options,
      name: 'application',
      scriptPath: 'build/worker.js',
      serviceBindings: { DOCUMENTED: 'documented' },
      durableObjects: objectsOf('TestedObject'),
    },
    // The Worker of docs/frameworks.md, as it is there.
    { ...options, name: 'documented', scriptPath: 'build/index.js', durableObjects: objectsOf('SojournObject') },
  ],
})
await simulator.ready
