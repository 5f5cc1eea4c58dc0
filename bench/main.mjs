import { parseArgs } from 'node:util'

const help = `npm run bench -- [primitives] [requests] [stores] [redis] [--rounds N] [--sessions N] [--quick] [--write]

Measures the cost of a session with Sojourn, next to other libraries and to cookies signed by hand.

  primitives    CPU of opening a session from a cookie, and of changing it, without a server
  requests      CPU that sessions add to a whole request, for each framework
  stores        time of each operation of a store, bytes a session, sweeping: memory, SQLite, Redis, Postgres
  redis         commands, bytes, CPU and latency of requests whose sessions are in Redis
                (default: all four)

The run starts its own Redis and Postgres. Set REDIS_SERVER and POSTGRES_BIN to choose the programs, as for npm test.

  --rounds N    rounds that count (default 12, some 20 minutes for all sections)
  --sessions N  sessions in the larger of the two stores of each kind (default 100,000)
  --quick       short measurements, to see that everything works; do not trust the figures
  --write       writes the tables into docs/performance.md, section by section
  --help        prints this

Tables go to standard output, progress to standard error.`

const sections = {
  primitives: async (options) => (await import('./primitives/index.mjs')).measurePrimitives(options),
  requests: async (options) => (await import('./requests/index.mjs')).measureRequests(options),
  stores: async (options) => (await import('./stores/index.mjs')).measureStores(options),
  redis: async (options) => (await import('./redis/index.mjs')).measureRedis(options),
}

const { names, write, ...options } = readOptions()
// These handlers let `exit` listeners run, which end the servers and remove their folders.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))

const { describeRun, writeTables } = await import('./document.mjs')
for (const name of names) {
  const text = `${describeRun(options)}\n\n${await sections[name](options)}`
  console.log(`## ${name}\n\n${text}\n`)
  if (write) writeTables(name, text)
}

/** Reads the command line. Imports nothing, so that --help works before the packages are installed. */
function readOptions() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        rounds: { type: 'string', default: '12' },
        sessions: { type: 'string' },
        quick: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        help: { type: 'boolean' },
      },
    })
    if (values.help) stop(help, 0)
    const { quick, write } = values
    const unknown = positionals.find((name) => !Object.hasOwn(sections, name))
    if (unknown) throw new Error(`Unknown section "${unknown}". Use: ${Object.keys(sections).join(', ')}`)
    if (write && quick) throw new Error('--write needs full measurements: leave out --quick.')
    return {
      names: positionals.length > 0 ? positionals : Object.keys(sections),
      write,
      quick,
      rounds: readCount('--rounds', values.rounds),
      sessions: readCount('--sessions', values.sessions ?? (quick ? '5000' : '100000')),
    }
  } catch (error) {
    return stop(`${error.message}\nSee npm run bench -- --help`, 2)
  }
}

function readCount(name, text) {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1) throw new Error(`${name} needs a whole number, at least 1.`)
  return count
}

function stop(message, code) {
  if (code === 0) console.log(message)
  else console.error(message)
  process.exit(code)
}
