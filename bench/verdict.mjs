import { median, ratio } from './rounds.mjs'
import { list, microseconds, times } from './text.mjs'

/**
 * What a table does not say by itself: where Sojourn takes more than a peer.
 *
 * @param {readonly { sojourn: string, peer: string, column: string, own: number[], other: number[] }[]} pairs
 * @param {'ratio' | 'difference'} measure a difference, where what is compared may be nothing
 */
export function behind(pairs, measure = 'ratio') {
  const found = pairs.filter(({ own, other }) => lead(own, other) < 0)
  if (found.length === 0) return 'Sojourn is ahead of every peer in every row and column of this table.'
  const words = new Map()
  for (const { sojourn, peer, column, own, other } of found) {
    const much =
      measure === 'ratio' ? `${times(ratio(own, other))} ×` : `${microseconds(-lead(own, other))} µs more than`
    const noise = isNoise(own, other) ? ' (within the noise of this run)' : ''
    words.set(sojourn, [...(words.get(sojourn) ?? []), `${column}, ${much} ${peer}${noise}`])
  }
  // What is said of several is said once.
  const byText = new Map()
  for (const [sojourn, comparisons] of words) {
    const text = comparisons.join('; ')
    byText.set(text, [...(byText.get(text) ?? []), sojourn])
  }
  const items = [...byText].map(([text, sojourns]) => `${sojourns.join(' and ')}: ${text}`)
  return `**Not ahead of a peer** in ${found.length} of ${pairs.length} comparisons:\n\n${list(items)}`
}

/** In a table: `▼` where a peer takes less, beyond the noise. @param {Parameters<typeof behind>[0]} pairs */
export function markOf(pairs, sojourn, column) {
  const isBehind = (pair) => lead(pair.own, pair.other) < 0 && !isNoise(pair.own, pair.other)
  return pairs.some((pair) => pair.sojourn === sojourn && pair.column === column && isBehind(pair)) ? ' ▼' : ''
}

const differences = (own, other) => own.map((figure, round) => other[round] - figure)
const lead = (own, other) => median(differences(own, other))

/** Whether fewer than three rounds of four say the same. */
function isNoise(own, other) {
  const agreeing = differences(own, other).filter((difference) => difference < 0).length
  return agreeing < own.length * 0.75
}
