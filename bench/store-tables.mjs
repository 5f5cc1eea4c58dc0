import { median, ratio } from './rounds.mjs'
import { countOf, nameOf } from './stores.mjs'
import { contenders, labelOf } from './stores/index.mjs'
import { sizeTable, sweepTable } from './store-sizes.mjs'
import { list, microseconds, number, table, times } from './text.mjs'
import { behind } from './verdict.mjs'

/** What Sojourn aims at, in microseconds; `growth` is the most that the largest store may take, × the smallest. */
const aims = {
  read: { most: 7, growth: 1.5 },
  create: { most: 80 },
  update: { most: 80 },
  touch: { most: 80 },
}

const titles = {
  read: 'Read a session',
  create: 'Create a session',
  update: 'Change one key of a session',
  touch: 'Touch a session: a new expiry and nothing else',
  end: 'End a session',
  list: 'List the three sessions of a user',
}

/** @param {import('./stores.mjs').StoreFigures} figures */
export function storeTables(figures) {
  const perOperation = Object.entries(titles).map(([operation, title]) => {
    const parts = [`### ${title}`, tableOf(figures, operation), aim(figures, operation), verdict(figures, operation)]
    return parts.filter((part) => part !== '').join('\n\n')
  })
  return [...perOperation, sizeTable(figures), sweepTable(figures)].join('\n\n')
}

function tableOf({ counts, microseconds: all }, operation) {
  const [smallest, largest] = [counts[0], counts.at(-1)]
  const head = ['', ...counts.map((count) => `${number(count)} sessions: µs`), `× ${number(smallest)}, with the most`]
  const rows = having(all, operation, smallest).map((contender) => [
    labelOf(contender),
    ...counts.map((count, index) => {
      const held = countOf(contender, count)
      if (held < count && countOf(contender, counts[index - 1]) === held) return '–'
      const figure = microseconds(median(all.get(nameOf(contender.name, operation, held))))
      return held < count ? `${figure} (with ${number(held)})` : figure
    }),
    times(growthOf(all, contender, operation, smallest, largest)),
  ])
  return table([head, ...rows])
}

const having = (all, operation, count) => contenders.filter(({ name }) => all.has(nameOf(name, operation, count)))

const growthOf = (all, contender, operation, smallest, largest) =>
  ratio(
    all.get(nameOf(contender.name, operation, countOf(contender, largest))),
    all.get(nameOf(contender.name, operation, smallest)),
  )

/** Whether Sojourn's stores are within what they aim at. */
function aim({ counts, microseconds: all }, operation) {
  if (aims[operation] === undefined) return ''
  const { most, growth } = aims[operation]
  const [smallest, largest] = [counts[0], counts.at(-1)]
  const missed = having(all, operation, smallest)
    .filter(({ kind }) => kind === 'sojourn')
    .flatMap((contender) => {
      const tooSlow = counts.flatMap((count) => {
        const figure = median(all.get(nameOf(contender.name, operation, count)))
        return figure > most ? [`${contender.name}, ${number(count)} sessions: ${microseconds(figure)} µs`] : []
      })
      const grown = growthOf(all, contender, operation, smallest, largest)
      return growth === undefined || grown <= growth
        ? tooSlow
        : [
            ...tooSlow,
            `${contender.name}, ${number(largest)} sessions: ${times(grown)} × what ${number(smallest)} take`,
          ]
    })
  const goal =
    `at most ${most} µs` +
    (growth === undefined
      ? ''
      : `, and with ${number(largest)} sessions at most ${growth} × what ${number(smallest)} take`)
  return missed.length === 0 ? `The aim, ${goal}, is met.` : `**The aim is missed** (${goal}):\n\n${list(missed)}`
}

function verdict({ counts, microseconds: all }, operation) {
  const pairs = contenders
    .filter(({ kind }) => kind === 'sojourn')
    .flatMap((sojourn) =>
      contenders
        .filter(({ kind }) => kind === 'peer')
        .flatMap((peer) =>
          counts.map((count) => ({
            sojourn: sojourn.name,
            peer: peer.name,
            column: `${number(count)} sessions`,
            own: all.get(nameOf(sojourn.name, operation, count)),
            other: all.get(nameOf(peer.name, operation, count)),
          })),
        ),
    )
    .filter(({ own, other }) => own !== undefined && other !== undefined)
  return pairs.length === 0 ? 'None of the others can do it.' : behind(pairs)
}
