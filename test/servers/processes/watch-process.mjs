// A server in a process: watches the session of a cookie, and prints when it ended, and why.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createSessions } from 'sojourn'

const [kind, place, secret, cookie] = process.argv.slice(2)
const stores = {
  async redis() {
    const { redisStore } = await import('sojourn/redis')
    return redisStore(place)
  },
  async postgres() {
    const { postgresStore } = await import('sojourn/postgres')
    return postgresStore(place)
  },
  async sqlite() {
    const { sqliteStore } = await import('sojourn/sqlite')
    const { default: Database } = await import('libsql')
    return sqliteStore(new Database(place))
  },
}

// The first connection takes long on a busy machine.
const options = { storeTimeout: 5, secrets: [secret], cookie: { secure: true } }
const sessions = createSessions({ ...options, store: await stores[kind]() })
const delay = monitorEventLoopDelay({ resolution: 10 })
const session = await sessions.open(cookie)
const ended = sessions.watch(session)
ended.addEventListener('abort', () => {
  const at = performance.timeOrigin + performance.now()
  process.stdout.write(`${ended.reason} ${at} ${Math.max(0, delay.max / 1e6 - 10)}\n`)
})
// An open socket would watch like this.
setInterval(() => {}, 60_000)
setTimeout(() => {
  delay.enable()
  process.stdout.write(`watching as ${session.userId}\n`)
}, 900)
