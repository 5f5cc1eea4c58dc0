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

/**
 * What is compared: servers, and which of them the others are measured by.
 *
 * @typedef {object} Comparison
 * @property {readonly import('./servers/index.mjs').Variant[]} of
 * @property {import('./servers/index.mjs').Variant} floor
 * @property {string} by what a table calls the floor
 */

/** @type {Comparison} */
const comparison = { of: variants, floor: variants.find(({ kind }) => kind === 'floor'), by: 'signed by hand' }

/** @param {Map<string, number[]>} figures */
export function requestTables(figures) {
  return tables
    .map(({ title, columns, measure }) =>
      [
        `### ${title}`,
        addedTable(figures, { ...comparison, columns, measure, misses }),
        aim(figures, columns, measure),
        addedVerdict(figures, { ...comparison, columns, measure }),
      ].join('\n\n'),
    )
    .join('\n\n')
}

/** What sessions add to a request of each server: above what the same server takes without them. */
const addedOf = (figures, of) => (variant, load) => {
  const bare = of.find(({ kind, host }) => kind === 'bare' && host === variant.host)
  return above(figures.get(nameOf(idOf(variant), load)), figures.get(nameOf(idOf(bare), load)))
}

/**
 * @param {Map<string, number[]>} figures
 * @param {Comparison & { columns: Record<string, string>, measure: 'ratio' | 'difference', misses?: typeof misses }} options
 */
export function addedTable(figures, { of, floor, by, columns, measure, misses = () => false }) {
  const added = addedOf(figures, of)
  const perColumn = (title) => (measure === 'ratio' ? [`${title}: µs added`, `× ${by}`] : [`${title}: µs added`])
  const head = ['', ...Object.keys(columns).flatMap(perColumn)]
  const pairs = pairsOf(added, of, columns)
  const rows = of.map((variant) => [
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

/** Where Sojourn adds more than a peer. @param {Map<string, number[]>} figures */
export function addedVerdict(figures, { of, columns, measure }) {
  return behind(pairsOf(addedOf(figures, of), of, columns), measure)
}

/** As tables have it. @param {import('./servers/index.mjs').Variant} variant */
export function labelOf(variant) {
  if (variant.kind === 'bare') return `*${variant.name}, without sessions*`
  return variant.kind === 'sojourn' ? `**${idOf(variant)}**` : idOf(variant)
}

/** Whether Sojourn adds more to node:http than it aims at. */
function misses({ kind, host }, own, ofFloor, measure) {
  if (kind !== 'sojourn' || host !== comparison.floor.host) return false
  return measure === 'ratio' ? ratio(own, ofFloor) > aimedRatio : median(own) > aimedMicroseconds
}

/** Whether what Sojourn adds to node:http is within what it aims at. */
function aim(figures, columns, measure) {
  const { of, floor } = comparison
  const added = addedOf(figures, of)
  const sentences = of
    .filter(({ kind, host }) => kind === 'sojourn' && host === floor.host)
    .flatMap((variant) =>
      Object.entries(columns).flatMap(([column, load]) => {
        const own = added(variant, load)
        if (!misses(variant, own, added(floor, load), measure)) return []
        const figure =
          measure === 'ratio' ? `${times(ratio(own, added(floor, load)))} ×` : `${microseconds(median(own))} µs`
        return `${idOf(variant)}, ${column}: ${figure}`
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
function pairsOf(added, of, columns) {
  const sojourns = of.filter(({ kind }) => kind === 'sojourn')
  return sojourns.flatMap((sojourn) =>
    of
      .filter(({ kind }) => kind === 'peer')
      .filter(({ host }) => host === (sojourns.some((other) => other.host === host) ? sojourn.host : host))
      .filter(({ host }) => host === sojourn.host || sojourn.host === 'node:http')
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
