const help = `npm run bench -- [primitive] [requests] [--rounds N] [--quick] [--write]

What a session costs with Sojourn, beside its peers and beside hand-written cookies.

  primitive    a request's session work by itself: open + read, change + commit
  requests     whole requests over loopback: the CPU that sessions add to a server
               (both, unless one is named)

  --rounds N   rounds of whole requests; the primitive takes three times as many (default 12, some three minutes)
  --quick      shorter measurements, to see that everything works; the figures are no good
  --write      writes docs/performance.md
  --help       prints this

The tables go to standard output, progress to standard error.`

export const sections = ['primitive', 'requests']

/**
 * @param {readonly string[]} args
 * @returns {{ sections: readonly string[], rounds: number, quick: boolean, write: boolean }}
 */
export function readOptions(args) {
  const options = { sections: [], rounds: 12, quick: false, write: false }
  const rest = [...args]
  while (rest.length > 0) {
    const arg = rest.shift()
    if (arg === '--help') stop(help, 0)
    else if (arg === '--quick') options.quick = true
    else if (arg === '--write') options.write = true
    else if (arg === '--rounds') options.rounds = roundsOf(rest.shift())
    else if (arg.startsWith('--rounds=')) options.rounds = roundsOf(arg.slice('--rounds='.length))
    else if (sections.includes(arg)) options.sections.push(arg)
    else
      stop(
        `${arg} is nothing that the bench knows. It takes: ${sections.join(', ')}, --rounds N, --quick, --write, --help`,
      )
  }
  if (options.write && (options.quick || options.sections.length > 0)) {
    stop('--write takes a whole run: leave out --quick, and the names of what is measured.')
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
