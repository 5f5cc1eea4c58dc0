// One store with so many sessions, in a process of its own that does what it is asked.
import { inServers } from './in-servers.mjs'
import { contenders } from './index.mjs'
import { check, prepare } from './operations.mjs'
import { pauseOf } from './pause.mjs'
import { expiredOf, now, sessions } from './sessions.mjs'

const [name, folder, text] = process.argv.slice(2)
const held = Number(text)
const all = [...contenders, ...Object.values(inServers).flat()]
const contender = all.find((candidate) => candidate.name === name)
let store
let own

const answers = {
  async load() {
    await open()
    await store.load(sessions(0, held))
  },

  async open() {
    if (store === undefined) await open()
    await check(store, held)
    return Object.keys(store)
  },

  /** Microseconds a call. */
  async measure({ operation, count }) {
    const before = Math.ceil(count / 10) // it has been idle, and its caches are cold
    const { run, after } = await prepare(store, operation, held, before + count)
    let index = 0
    while (index < before) await run(index++)
    const started = performance.now()
    while (index < before + count) await run(index++)
    const each = ((performance.now() - started) * 1000) / count
    await after?.()
    return each
  },

  /** So many calls, which others count. */
  async repeat({ operation, count }) {
    const { run } = await prepare(store, operation, held, count)
    for (let index = 0; index < count; index++) await run(index)
  },

  /** Megabytes above what the process had before the store came into it. */
  memory: () => residentMemory() - own,

  async sweep({ expired }) {
    await store.load(sessions(0, expired, (index) => expiredOf(2e9 + index)))
    globalThis.gc()
    const pause = await pauseOf(() => store.sweep(now))
    const left = store.dataOf(await store.read(expiredOf(2e9).id))
    if (left !== undefined) throw new Error('A session that has expired is there after the sweep')
    return pause
  },

  async close() {
    await store.close()
  },
}

async function open() {
  own = residentMemory()
  store = await contender.open(folder)
}

function residentMemory() {
  globalThis.gc()
  return process.memoryUsage.rss() / 1e6
}

process.on('message', async ({ ask, ...rest }) => {
  try {
    process.send({ answer: await answers[ask](rest) })
  } catch (error) {
    process.send({ error: `${name}, ${ask}: ${error.stack}` })
  }
})
process.on('disconnect', () => process.exit())
// Ctrl+C is told to all processes of a terminal: the bench ends its own, and then removes their files.
process.on('SIGINT', () => {})
