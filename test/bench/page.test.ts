import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { renderChart } from '../../bench/page/chart.mjs'
import { formatNumber, renderFigures } from '../../bench/page/markdown.mjs'
import { fillPage } from '../../bench/page/page.mjs'
import { questionsOf, renderSummary } from '../../bench/page/summary.mjs'
import { renderTables } from '../../bench/page/tables.mjs'
import { createFigures } from '../../bench/run/figures.mjs'
import { repository } from '../support/repository.ts'

const page = readFileSync(join(repository, 'docs/performance.md'), 'utf8')

const runOf = (figures: ReturnType<typeof createFigures>) => ({
  figures,
  rounds: 8,
  sizes: ['10,000', '100,000'],
  versions: ['Redis 8.0.2'],
  date: '2026-12-01T00:00:00Z',
  machine: 'a machine',
  node: { version: '24.0.0', name: 'Node 24' },
  openssl: '3.5',
})

describe('a table', () => {
  const values = { 'Sojourn, read': 5, 'Sojourn, change': 20, 'other, read': 4, 'other, change': 30, 'fast, read': 5 }
  const render = (rows: { row: string; than?: string }[]) =>
    renderFigures({
      get: (row, column) => values[`${row}, ${column}` as keyof typeof values],
      rows,
      columns: { reading: 'read', changing: 'change', never: 'no such column' },
      corner: 'µs',
    })

  it('marks a figure that is better than Sojourn’s, and only that', () => {
    const than = 'Sojourn'
    expect(render([{ row: 'Sojourn' }, { row: 'other', than }, { row: 'fast', than }]).split('\n')).toEqual([
      '| µs | reading | changing |',
      '|---|--:|--:|',
      '| **Sojourn** | 5 | 20 |',
      '| other | ★ 4 | 30 |',
      '| fast | 5 | – |',
    ])
  })

  it('does not mark a figure that looks the same', () => {
    const get = (row: string) => (row === 'Sojourn' ? 5.04 : 5.01)
    expect(
      renderFigures({ get, rows: [{ row: 'Sojourn' }, { row: 'other', than: 'Sojourn' }], columns: { read: 'read' } }),
    ).toContain('| other | 5.0 |')
  })

  it('leaves out rows and columns that were not measured', () => {
    expect(render([{ row: 'absent' }])).toBe('')
    expect(render([{ row: 'absent' }, { row: 'fast', than: 'absent' }])).toBe(
      '| µs | reading |\n|---|--:|\n| fast | 5 |',
    )
  })

  it('has as many digits as are meaningful', () => {
    expect([1234.5, 123.4, 12.34, 5, 0.04].map(formatNumber)).toEqual(['1,235', '123', '12.3', '5', '0.0'])
  })
})

describe('the table of the drop-ins', () => {
  const library = 'Express 5 + express-session, in memory'
  const dropIn = 'Express 5 + Sojourn’s drop-in, in memory'
  const tableOf = (rows: Record<string, number>) => {
    const figures = createFigures()
    for (const [row, added] of Object.entries(rows)) figures.add('requests', row, { 'read, small': added })
    return renderTables(runOf(figures))['drop-ins']
  }

  it('compares whole requests, not what sessions add', () => {
    expect(tableOf({ 'Express 5': 60, [library]: 40, [dropIn]: 50 })).toContain(`| ${library} | 1.10 |`)
  })

  it('has the median of the ratios of each round', () => {
    const figures = createFigures()
    for (const [plain, theirs, ours] of [
      [60, 40, 50], // 1.10
      [100, 100, 140], // 1.20
      [10, 10, 0], // 0.50
    ]) {
      const rows = Object.entries({ 'Express 5': plain!, [library]: theirs!, [dropIn]: ours! })
      for (const [row, added] of rows) figures.add('requests', row, { 'read, small': added })
    }
    expect(renderTables(runOf(figures))['drop-ins']).toContain(`| ${library} | 1.10 |`)
  })

  it.each([library, dropIn])('is empty if only %s was measured', (row) => {
    expect(tableOf({ 'Express 5': 60, [row]: 40 })).toBe('')
  })
})

describe('the ten lines', () => {
  it('have the figure of Sojourn, and mark a better one', () => {
    const figures = createFigures()
    figures.add('requests', 'node:http + Sojourn', { 'read, small': 4, 'change, small': 15 })
    figures.add('requests', 'node:http + signed by hand', { 'read, small': 3.5 })
    figures.add('requests', 'node:http + sealed by hand', { 'change, small': 16 })
    expect(
      renderSummary(questionsOf(runOf(figures)))
        .replaceAll('\u00a0', ' ')
        .split('\n'),
    ).toEqual([
      '**What does a session cost?**',
      '',
      '- CPU of a read: **4 µs** (signed by hand: ★ 3.5 µs)',
      '- CPU of a change: **15 µs** (sealed by hand: 16 µs)',
    ])
  })

  it('are ten, and do not mark a smaller store of our own', () => {
    const get = (_section: string, _row: string, column: string) => (column === 'read, 10,000' ? 1 : 2)
    const text = renderSummary(questionsOf(runOf({ ...createFigures(), get })))
    expect(text.match(/^- /gm)).toHaveLength(10)
    expect(text).not.toContain('★')
  })
})

describe('the chart', () => {
  const line = (text: string, unit: string, value: number, otherValue: number) => ({
    text,
    unit,
    value,
    other: 'other <1>',
    otherValue,
    isPeer: true,
  })
  const lines = [line('Read', 'µs', 5, 10), line('Change', 'µs', 20, -1), line('Latency', 'ms', 9, 3)]
  const svg = renderChart([{ title: 'Cost & time', lines }])
  const widths = [...svg.matchAll(/class="bar \w+" x="20" y="\d+" width="([\d.]+)"/g)].map(([, width]) => Number(width))

  it('has bars in proportion to others of their unit, inside its frame', () => {
    const [read, otherRead, change, otherChange, latency, otherLatency] = widths as [number, ...number[]]
    expect([otherRead! / read, change! / read, latency! / otherLatency!].map(Math.round)).toEqual([2, 4, 3])
    expect(latency! / change!).toBeCloseTo(1, 0) // 9 ms is as long as 20 µs, because both are the most of their unit
    expect(otherChange).toBe(2)
    expect(Math.max(...widths)).toBeLessThan(440 - 40 - 'other <1> 10 µs'.length * 8)
  })

  it('names each bar and its figure in text, not by colour alone', () => {
    expect(svg).toContain('>Sojourn: 5\u00a0µs</text>')
    expect(svg).toContain('>other &lt;1&gt;: 10\u00a0µs</text>')
    expect(svg).toContain('>Cost &amp; time</text>')
  })

  it('is light or dark, as the reader prefers, with a background of its own', () => {
    expect(svg).toContain('@media (prefers-color-scheme: dark)')
    expect(svg).toContain('<rect class="background"')
  })

  it('leaves out what was not measured', () => {
    expect(questionsOf(runOf(createFigures()))).toEqual([])
  })
})

describe('docs/performance.md', () => {
  it('has at most 300 lines, and begins with the summary and the chart', () => {
    expect(page.split('\n').length).toBeLessThanOrEqual(300)
    expect(page).toMatch(/^# Performance\n\n.+\n\n<!-- bench: summary -->/)
    expect(page.indexOf('images/performance.svg')).toBeLessThan(page.indexOf('## '))
    expect(existsSync(join(repository, 'docs/images/performance.svg'))).toBe(true)
  })

  it('has a place for each table of the bench, and keeps no figure of an earlier run', () => {
    const empty = { run: '', ...renderTables(runOf(createFigures())) }
    expect(Object.values(empty).filter(Boolean)).toEqual([])
    const emptied = fillPage(page, empty)
    expect(emptied.match(/<!-- bench: /g)).toHaveLength(Object.keys(empty).length)
    expect(emptied).not.toMatch(/^\|/m)
  })

  it('is refused if it lacks a mark, or has one too many', () => {
    expect(() => fillPage('', { room: '' })).toThrow('no mark for room')
    expect(() => fillPage('<!-- bench: other -->\n<!-- end -->', {})).toThrow('a mark for "other"')
    expect(fillPage('<!-- bench: room -->old\n<!-- end -->', { room: 'new $1' })).toBe(
      '<!-- bench: room -->\n\nnew $1\n\n<!-- end -->',
    )
  })
})
