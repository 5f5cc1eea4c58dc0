import { sizes } from './contents.mjs'
import { median, ratio } from './rounds.mjs'
import { countsOf, nameOf } from './stores.mjs'
import { bytesName, keepers } from './stores/bytes.mjs'
import { labelOf } from './stores/index.mjs'
import { inServers } from './stores/in-servers.mjs'
import { list, microseconds, number, table, times } from './text.mjs'
import { behind, markOf } from './verdict.mjs'

/** Listing is to cost the same however many sessions others have: at most so many times what it costs with the fewest. */
const aimedGrowth = 1.25

const columns = { read: 'read', create: 'create', change: 'update', touch: 'touch', end: 'end', list: 'list' }

/** @param {'redis' | 'postgres'} engine @param {import('./server-stores.mjs').ServerStoreFigures} figures */
export function serverStoreTables(engine, figures) {
  const contenders = inServers[engine]
  return [
    '### The store by itself: microseconds of an operation, one at a time',
    ...operations(contenders, figures),
    ...bytesOf(engine, figures),
  ].join('\n\n')
}

function operations(contenders, { counts, microseconds: all, listing }) {
  const held = (contender) => [...countsOf(contender, counts)]
  const pairs = pairsOf(contenders, (sojourn, peer) =>
    held(sojourn)
      .filter((count) => held(peer).includes(count))
      .flatMap((count) =>
        Object.entries(columns).flatMap(([column, operation]) => {
          const [own, other] = [sojourn, peer].map(({ name }) => all.get(nameOf(name, operation, count)))
          return own && other ? [{ column: `${number(count)} sessions, ${column}`, own, other }] : []
        }),
      ),
  )
  const rows = contenders.flatMap((contender) =>
    held(contender).map((count) => [
      labelOf(contender),
      number(count),
      ...Object.entries(columns).map(([column, operation]) => {
        const figures = all.get(nameOf(contender.name, operation, count))
        if (figures === undefined) return '–'
        return microseconds(median(figures)) + markOf(pairs, contender.name, `${number(count)} sessions, ${column}`)
      }),
    ]),
  )
  return [
    table([['', 'sessions', ...Object.keys(columns)], ...rows]),
    growth(contenders, counts, all, listing),
    behind(pairs),
  ]
}

function growth(contenders, counts, all, listing) {
  const grown = contenders
    .filter(({ kind }) => kind === 'sojourn')
    .flatMap((contender) => {
      const [fewest, most] = [counts[0], [...countsOf(contender, counts)].at(-1)]
      if (most === fewest) return []
      const figures = (count) => all.get(nameOf(contender.name, 'list', count))
      const traffic = (count) => listing.get(nameOf(contender.name, 'list', count))
      const bytes =
        traffic(most) && `; ${bytesText(traffic(most))}, with ${number(fewest)} ${bytesText(traffic(fewest))}`
      return { name: contender.name, most, figure: ratio(figures(most), figures(fewest)), bytes: bytes ?? '' }
    })
  const texts = grown.map(
    ({ name, most, figure, bytes }) =>
      `${name}, ${number(most)} sessions: ${times(figure)} × the time of ${number(counts[0])}${bytes}`,
  )
  const goal = `listing one user’s sessions costs the same however many others there are, within ${aimedGrowth} ×`
  const isMet = grown.every(({ figure }) => figure <= aimedGrowth)
  return isMet ? `The aim, ${goal}, is met:\n\n${list(texts)}` : `**The aim is missed** (${goal}):\n\n${list(texts)}`
}

const bytesText = ({ sent, received }) => `${number(sent)} bytes to Redis and ${number(received)} from it`

function bytesOf(engine, { bytes, kept }) {
  const own = keepers[engine]
  const pairs = pairsOf(own, (sojourn, peer) =>
    sizes.map((size) => ({
      column: size,
      own: [bytes.get(bytesName(sojourn.name, size))],
      other: [bytes.get(bytesName(peer.name, size))],
    })),
  )
  const rows = own.map((keeper) => [
    labelOf(keeper),
    ...sizes.map((size) => number(bytes.get(bytesName(keeper.name, size))) + markOf(pairs, keeper.name, size)),
  ])
  const head = ['', ...sizes.map((size) => `${size}: bytes a session`)]
  const what = engine === 'redis' ? 'Memory' : 'Room on the disk'
  return [`### ${what}, with ${number(kept)} sessions`, table([head, ...rows]), behind(pairs)]
}

/** Each of Sojourn's beside each peer. */
function pairsOf(all, compared) {
  const of = (kind) => all.filter((one) => one.kind === kind)
  return of('sojourn').flatMap((sojourn) =>
    of('peer').flatMap((peer) =>
      compared(sojourn, peer).map((pair) => ({ sojourn: sojourn.name, peer: peer.name, ...pair })),
    ),
  )
}
