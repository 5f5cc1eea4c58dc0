import { parseArgs } from 'node:util'

/** The parts of the bench, in the order in which they run. */
export const sections = {
  cookie: 'CPU of opening a session from its cookie, and of changing it, without a server',
  requests: 'CPU that sessions add to a whole request, for each framework',
  redis: 'commands, bytes, latency and CPU of requests whose sessions are in Redis or Valkey',
  stores: 'time of each operation of a store, bytes a session, and a sweep: SQLite, Redis, Postgres',
}

export const help = `npm run bench -- [--only NAME] [--against REVISION] [--node NODE] [--million] [--rounds N] [--quick] [--write]

Measures the cost of a session with Sojourn, beside other libraries and cookies written by hand.

  --only NAME         runs this part only; give it again for several. A part's name, alone or with words of its rows:
                      --only requests, --only cookie/jose, --only stores/sqlite
${Object.entries(sections)
  .map(([name, text]) => `                        ${name.padEnd(10)}${text}`)
  .join('\n')}
  --against REVISION  compares Sojourn with another revision of itself, such as main: prints ratios, and no peers
  --node NODE         also measures node:http, Express and SQLite by this Node: a version such as 24, which npm gets, or
                      the path of a program
  --million           also fills SQLite and Redis with a million sessions, which takes some minutes
  --rounds N          rounds that count (default 8, less than ten minutes in all)
  --quick             short measurements, to see that everything works; do not trust the figures
  --write             writes docs/performance.md and its chart; needs a whole run
  --help              prints this

The run starts its own Redis, Valkey and Postgres. REDIS_SERVER, VALKEY_SERVER and POSTGRES_BIN choose the programs, as
for npm test. Tables go to standard output, progress to standard error, all figures to .cache/bench.json,
unless --quick is given.`

/** Reads the command line; throws if it is wrong. `only` has pairs of a part and words, which may be empty. */
export function readOptions(args) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      against: { type: 'string' },
      node: { type: 'string' },
      million: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '8' },
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds needs a whole number, at least 1.')
  const partial = ['only', 'against', 'quick'].find((name) => values[name])
  if (values.write && partial) throw new Error(`--write needs a whole run: leave out --${partial}.`)
  const only = (values.only ?? Object.keys(sections)).map((name) => {
    const [section, words = ''] = name.split(/\/(.*)/s)
    if (Object.hasOwn(sections, section)) return [section, words.toLowerCase()]
    throw new Error(`--only ${name}: there is no part "${section}". Use: ${Object.keys(sections).join(', ')}.`)
  })
  return { ...values, rounds, only }
}
