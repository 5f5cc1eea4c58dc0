import { describe, expect, it } from 'vitest'
import { renderComparison } from '../../bench/page/comparison.mjs'
import { createFigures, median, quantile } from '../../bench/run/figures.mjs'
import { runRounds } from '../../bench/run/rounds.mjs'
import { selectVariants } from '../../bench/run/subjects.mjs'

const start = () => ({})
const plain = 'node:http'
const subjects = [
  { row: plain, onEachNode: true, start },
  { row: 'node:http + Sojourn', plain, onEachNode: true, start },
  { row: 'node:http + iron-session', plain, than: 'node:http + Sojourn', start },
  { row: 'Koa', start },
  { row: 'Sojourn, of the future', minNode: 999, start },
]
const otherNode = { path: '/node', version: '999.1.0', name: 'Node 999' }
const rowsOf = (options: object) => selectVariants('requests', subjects, options).map(({ row }) => row)
const withWord = (word: string) => ({ isWanted: (row: string) => row.includes(word) })

describe('the choice of rows', () => {
  it('leaves out what this Node cannot run', () => {
    expect(rowsOf({})).toEqual([plain, 'node:http + Sojourn', 'node:http + iron-session', 'Koa'])
  })

  it('by words has the plain rows that it needs, and no other', () => {
    expect(rowsOf(withWord('iron'))).toEqual([plain, 'node:http + iron-session'])
    expect(rowsOf(withWord('rails'))).toEqual([])
  })

  it('repeats some rows by another Node', () => {
    const variants = selectVariants('requests', subjects, { ...withWord('Node 999'), otherNode })
    expect(variants.map(({ row, plain, base, node }) => ({ row, plain, base, node }))).toEqual([
      { row: 'node:http, Node 999', plain: undefined, base: plain, node: '/node' },
      {
        row: 'node:http + Sojourn, Node 999',
        plain: 'node:http, Node 999',
        base: 'node:http + Sojourn',
        node: '/node',
      },
    ])
  })

  it('with another revision has Sojourn twice, and no other library', () => {
    const other = { checkout: '/other', name: 'main' }
    expect(rowsOf({ other })).toEqual([plain, 'node:http + Sojourn', 'node:http + Sojourn @ main'])
    expect(selectVariants('requests', subjects, { other }).map(({ checkout }) => checkout)).toEqual([
      undefined,
      undefined,
      '/other',
    ])
  })
})

describe('rounds', () => {
  const report = () => {}

  it('run every case once each, and subtract the plain row', async () => {
    const figures = createFigures()
    const calls: string[] = []
    const caseOf = (row: string, cost: number, plain?: string) => ({
      row,
      ...(plain && { plain }),
      async measure() {
        calls.push(row)
        return { read: Math.floor((calls.length - 1) / 2) * 100 + cost }
      },
    })
    const cases = [caseOf('bare', 1), caseOf('ours', 5, 'bare')]
    await runRounds({ section: 'requests', cases, rounds: 2, figures, report })
    const rounds = [calls.slice(0, 2), calls.slice(2)].map((round) => round.toSorted())
    expect(rounds).toEqual([
      ['bare', 'ours'],
      ['bare', 'ours'],
    ])
    expect(figures.all('requests', 'bare', 'read')).toEqual([1, 101])
    expect(figures.all('requests', 'ours', 'read')).toEqual([4, 4])
  })

  it('of one group run before those of the next, and each case is prepared before them and ended after the last', async () => {
    const calls: string[] = []
    const caseOf = (group: string) => ({
      row: 'ours',
      group,
      prepare: async (round: number) => void calls.push(`prepare ${group} ${round}`),
      async measure() {
        calls.push(`measure ${group}`)
        return { [group]: 1 }
      },
      end: () => void calls.push(`end ${group}`),
    })
    const cases = [caseOf('reads'), caseOf('changes')]
    await runRounds({ section: 'requests', cases, rounds: 2, figures: createFigures(), report })
    const callsOf = (group: string) =>
      ['prepare % 1', 'measure %', 'prepare % 2', 'measure %', 'end %'].map((call) => call.replace('%', group))
    expect(calls).toEqual([...callsOf('reads'), ...callsOf('changes')])
  })

  it('name the row that failed', async () => {
    const cases = [{ row: 'ours', measure: () => Promise.reject(new Error('503')) }]
    const running = runRounds({ section: 'redis', cases, rounds: 1, figures: createFigures(), report })
    await expect(running).rejects.toThrow('redis, ours: 503')
  })

  it('have medians and quantiles', () => {
    expect([median([3, 1, 2]), median([4, 1]), quantile([1, 2, 3, 4, 5], 0.25)]).toEqual([2, 2.5, 2])
  })

  it('of two revisions are compared within each round', () => {
    const figures = createFigures()
    for (const [own, other] of [
      [10, 20],
      [30, 60],
      [30, 10],
    ]) {
      figures.add('cookie', 'Sojourn', { read: own! })
      figures.add('cookie', 'Sojourn @ main', { read: other! })
      figures.add('cookie', 'signed by hand', { read: 1 })
    }
    const table = renderComparison(figures, 'main').split('\n')
    expect(table.slice(2)).toEqual(['| cookie: Sojourn, read | 30 | 20 | 0.50 | 0.50–1.75 |'])
    expect(renderComparison(createFigures(), 'main')).toContain('nothing to compare')
  })
})
