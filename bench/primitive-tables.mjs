import { sizes } from './contents.mjs'
import { contenders } from './peers/index.mjs'
import { nameOf, operations } from './primitive.mjs'
import { median, ratio } from './rounds.mjs'
import { microseconds, table, times } from './text.mjs'
import { behind, markOf } from './verdict.mjs'

const floor = contenders[0].name

/** @param {Map<string, number[]>} figures */
export function primitiveTables(figures) {
  return operations
    .map((operation) =>
      [`### ${operation}`, tableOf(figures, operation), behind(pairsOf(figures, operation))].join('\n\n'),
    )
    .join('\n\n')
}

function tableOf(figures, operation) {
  const pairs = pairsOf(figures, operation)
  const head = ['', ...sizes.flatMap((size) => [`${size}: µs`, '× signed by hand'])]
  const rows = contenders.map(({ name, kind }) => [
    kind === 'sojourn' ? `**${name}**` : name,
    ...sizes.flatMap((size) => {
      const own = figures.get(nameOf(name, operation, size))
      const base = figures.get(nameOf(floor, operation, size))
      return [microseconds(median(own)) + markOf(pairs, name, size), times(ratio(own, base))]
    }),
  ])
  return table([head, ...rows])
}

function pairsOf(figures, operation) {
  const named = (kind) => contenders.filter((contender) => contender.kind === kind).map(({ name }) => name)
  return named('sojourn').flatMap((sojourn) =>
    named('peer').flatMap((peer) =>
      sizes.map((size) => ({
        sojourn,
        peer,
        column: size,
        own: figures.get(nameOf(sojourn, operation, size)),
        other: figures.get(nameOf(peer, operation, size)),
      })),
    ),
  )
}
