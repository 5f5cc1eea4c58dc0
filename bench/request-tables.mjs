import { nameOf } from './requests.mjs'
import { above, median, ratio } from './rounds.mjs'
import { idOf, variants } from './servers/index.mjs'
import { list, microseconds, table, times } from './text.mjs'
import { behind, markOf } from './verdict.mjs'

const aimedRatio = 1.3
const aimedMicroseconds = 0.5

const tables = [
  {
    title: 'GET /read: a value of the session',
    columns: { small: 'read, small', '1 KB': 'read, 1 KB' },
    measure: 'ratio',
  },
  {
    title: 'GET /count: a value is changed, and the response has a Set-Cookie',
    columns: { small: 'count, small', '1 KB': 'count, 1 KB' },
    measure: 'ratio',
  },
  {
    title: 'A visitor without a cookie',
    columns: {
      'session not touched': 'no cookie, not touched',
      'session read': 'no cookie, read',
    },
    measure: 'difference',
  },
]

const bareOf = ({ host }) => variants.find((variant) => variant.host === host && variant.kind === 'bare')
const floor = variants.find(({ kind }) => kind === 'floor')
const sojourns = variants.filter(({ kind }) => kind === 'sojourn')

/** @param {Map<string, number[]>} figures */
export function requestTables(figures) {
  const added = (variant, load) =>
    above(figures.get(nameOf(idOf(variant), load)), figures.get(nameOf(idOf(bareOf(variant)), load)))
  return tables
    .map(({ title, columns, measure }) =>
      [
        `### ${title}`,
        tableOf(figures, added, columns, measure),
        aim(added, columns, measure),
        behind(pairsOf(added, columns), measure),
      ].join('\n\n'),
    )
    .join('\n\n')
}

function tableOf(figures, added, columns, measure) {
  const perColumn = (title) =>
    measure === 'ratio' ? [`${title}: µs added`, '× signed by hand'] : [`${title}: µs added`]
  const head = ['', ...Object.keys(columns).flatMap(perColumn)]
  const pairs = pairsOf(added, columns)
  const rows = variants.map((variant) => [
    labelOf(variant),
    ...Object.entries(columns).flatMap(([column, load]) => {
      const isBare = variant.kind === 'bare'
      if (isBare)
        return [
          `(${microseconds(median(figures.get(nameOf(idOf(variant), load))))})`,
          ...(measure === 'ratio' ? [''] : []),
        ]
      const own = added(variant, load)
      const mark =
        markOf(pairs, idOf(variant), column) + (misses(variant, own, added(floor, load), measure) ? ' ✗' : '')
      return [microseconds(median(own)) + mark, ...(measure === 'ratio' ? [times(ratio(own, added(floor, load)))] : [])]
    }),
  ])
  return table([head, ...rows])
}

function labelOf(variant) {
  if (variant.kind === 'bare') return `*${variant.name}, without sessions*`
  return variant.kind === 'sojourn' ? `**${idOf(variant)}**` : idOf(variant)
}

/** Whether Sojourn adds more to node:http than it aims at. */
function misses({ kind, host }, own, ofFloor, measure) {
  if (kind !== 'sojourn' || host !== floor.host) return false
  return measure === 'ratio' ? ratio(own, ofFloor) > aimedRatio : median(own) > aimedMicroseconds
}

/** Whether what Sojourn adds to node:http is within what it aims at. */
function aim(added, columns, measure) {
  const sentences = sojourns
    .filter(({ host }) => host === floor.host)
    .flatMap((variant) =>
      Object.entries(columns).flatMap(([column, load]) => {
        const own = added(variant, load)
        const figure = measure === 'ratio' ? ratio(own, added(floor, load)) : median(own)
        if (figure <= (measure === 'ratio' ? aimedRatio : aimedMicroseconds)) return []
        return `${idOf(variant)}, ${column}: ${measure === 'ratio' ? `${times(figure)} ×` : `${microseconds(figure)} µs`}`
      }),
    )
  const goal =
    measure === 'ratio'
      ? `at most ${aimedRatio} × what the hand-written signed cookie adds to node:http`
      : `at most ${aimedMicroseconds} µs on node:http`
  if (sentences.length === 0) return `The aim, ${goal}, is met.`
  return `**The aim is missed** (${goal}):\n\n${list(sentences)}`
}

/** Hosts that Sojourn has no adapter for are compared with Sojourn on node:http. */
function pairsOf(added, columns) {
  return sojourns.flatMap((sojourn) =>
    variants
      .filter(({ kind }) => kind === 'peer')
      .filter(({ host }) => host === (sojourns.some((other) => other.host === host) ? sojourn.host : host))
      .filter(({ host }) => host === sojourn.host || sojourn.host === floor.host)
      .flatMap((peer) =>
        Object.entries(columns).map(([column, load]) => ({
          sojourn: idOf(sojourn),
          peer: idOf(peer),
          column,
          own: added(sojourn, load),
          other: added(peer, load),
        })),
      ),
  )
}
