const help = `npm run bench -- [primitive] [requests] [stores] [redis] [postgres] [--rounds N] [--million] [--quick] [--write]

What a session costs with Sojourn, beside its peers, hand-written cookies and other stores.

  primitive    a request's session work by itself: open + read, change + commit
  requests     whole requests over loopback: the CPU that sessions add to a server
  stores       SQLite beside other stores, with 1,000 and with 100,000 sessions: each operation, size, sweep
  redis        sessions in Redis: commands, bytes and CPU of a request, each operation, memory, latency far away
  postgres     sessions in Postgres: each operation, size
               (all, unless some are named)

  Redis and Postgres are started for it, and found as npm test finds them: in REDIS_SERVER and POSTGRES_BIN, in PATH.

  --rounds N   rounds of whole requests and of stores; the primitive takes three times as many (default 12, some
               twenty minutes for all)
  --million    stores, redis: with 1,000,000 sessions too; some seven minutes more, 4 GB of memory, and 2 GB in the
               folder for temporary files
  --quick      shorter measurements, to see that everything works; the figures are no good
  --write      writes docs/performance.md: all of it, and with a million sessions
  --help       prints this

The tables go to standard output, progress to standard error.`

export const sections = ['primitive', 'requests', 'stores', 'redis', 'postgres']

const ofMillion = ['stores', 'redis']

/**
 * @param {readonly string[]} args
 * @returns {{ sections: readonly string[], rounds: number, quick: boolean, million: boolean, write: boolean }}
 */
export function readOptions(args) {
  const options = { sections: [], rounds: 12, quick: false, million: false, write: false }
  const rest = [...args]
  while (rest.length > 0) {
    const arg = rest.shift()
    if (arg === '--help') stop(help, 0)
    else if (arg === '--quick') options.quick = true
    else if (arg === '--million') options.million = true
    else if (arg === '--write') options.write = options.million = true
    else if (arg === '--rounds') options.rounds = roundsOf(rest.shift())
    else if (arg.startsWith('--rounds=')) options.rounds = roundsOf(arg.slice('--rounds='.length))
    else if (sections.includes(arg)) options.sections.push(arg)
    else
      stop(
        `${arg} is nothing that the bench knows. It takes: ${sections.join(', ')}, --rounds N, --million, --quick, --write, --help`,
      )
  }
  if (options.write && (options.quick || options.sections.length > 0)) {
    stop('--write takes a whole run: leave out --quick, and the names of what is measured.')
  }
  const named = options.sections
  if (options.million && named.length > 0 && !ofMillion.some((section) => named.includes(section))) {
    stop(`--million is about ${ofMillion.join(' and ')}: name one of them too.`)
  }
  return options.sections.length > 0 ? options : { ...options, sections }
}

function roundsOf(text) {
  const rounds = Number(text)
  if (text === undefined || text.trim() === '' || !Number.isInteger(rounds) || rounds < 1) {
    stop('--rounds takes a whole number of 1 or more')
  }
  return rounds
}

function stop(message, code = 2) {
  if (code === 0) console.log(message)
  else console.error(message)
  process.exit(code)
}
