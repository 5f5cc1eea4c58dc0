import { median } from './rounds.mjs'
import { countOf } from './stores.mjs'
import { contenders, labelOf } from './stores/index.mjs'
import { list, number, table } from './text.mjs'

/** Milliseconds in which a sweep may let nobody else have a turn. */
const longestPause = 10

/** @param {import('./stores.mjs').StoreFigures} figures */
export function sizeTable({ counts, sizes }) {
  const head = ['', 'sessions', 'bytes a session on disk', 'MB of memory', 'bytes of memory a session']
  const rows = contenders.map((contender) => {
    const { disk, memory } = sizes.get(contender.name)
    const count = countOf(contender, counts.at(-1))
    const bytes = disk === null ? '–' : number(disk)
    return [labelOf(contender), number(count), bytes, memory.toFixed(0), number((memory * 1e6) / count)]
  })
  return `### Size\n\n${table([head, ...rows])}`
}

/** @param {import('./stores.mjs').StoreFigures} figures */
export function sweepTable({ counts, expired, sweeps }) {
  const head = ['', 'expired, and others', 'seconds', 'longest pause: ms', 'the longest of all sweeps: ms']
  const rows = contenders.map((contender) => {
    const all = sweeps.get(contender.name)
    return [
      labelOf(contender),
      `${number(countOf(contender, expired))}, ${number(countOf(contender, counts.at(-1)))}`,
      (median(all.map(({ total }) => total)) / 1000).toFixed(1),
      milliseconds(pauseOf(all)),
      milliseconds(Math.max(...all.map(({ longest }) => longest))),
    ]
  })
  const missed = contenders
    .filter(({ name, kind }) => kind === 'sojourn' && pauseOf(sweeps.get(name)) > longestPause)
    .map(({ name }) => `${name}: ${milliseconds(pauseOf(sweeps.get(name)))} ms`)
  const goal = `no pause longer than ${longestPause} ms`
  const aim = missed.length === 0 ? `The aim, ${goal}, is met.` : `**The aim is missed** (${goal}):\n\n${list(missed)}`
  return `### Sweep what has expired\n\n${table([head, ...rows])}\n\n${aim}`
}

const pauseOf = (sweeps) => median(sweeps.map(({ longest }) => longest))
const milliseconds = (figure) => figure.toFixed(figure < 10 ? 1 : 0)
