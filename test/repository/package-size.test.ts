import { describe, expect, it } from 'vitest'
import { entries, loadedWith, readBuilt, reachedFrom } from '../setup/package.ts'

const kilobyte = 1000

/**
 * The core: what `import 'sojourn'` loads at once, unpacked. What keeps sessions in a store is loaded by `createSessions({ store })`
 * alone, and has a budget of its own.
 */
const coreBudget = 60 * kilobyte

/** What a store loads beside the core, whichever it is. */
const storeBudget = 35 * kilobyte

/** What the option `accept` loads beside the core, and beside its readers. */
const acceptBudget = 7.5 * kilobyte

/** What another entry loads beside the core. */
const budgets: Record<string, number> = {
  'sojourn/hono': 8 * kilobyte,
  'sojourn/express': 16 * kilobyte,
  'sojourn/node': 16 * kilobyte,
  'sojourn/fetch': 8 * kilobyte,
  'sojourn/flask': 50 * kilobyte, // two formats; what speaks to Redis is loaded by flaskSession alone
  'sojourn/from/flask': 33 * kilobyte, // as the format, and so below
  'sojourn/from/flask-session': 22 * kilobyte, // what reads records is loaded where it is called
  'sojourn/env': 7 * kilobyte, // formats and stores are loaded where SESSION_TYPE says so
  'sojourn/memory': 5 * kilobyte,
  'sojourn/sqlite': 14 * kilobyte,
  'sojourn/redis': 31 * kilobyte,
  'sojourn/move': 12 * kilobyte,
  'sojourn/postgres': 20 * kilobyte,
  'sojourn/testing': 50 * kilobyte, // most of it storeSuite
}

const coreFiles = loadedWith(entries.get('sojourn')!.default)

describe('what an import loads, in bytes', () => {
  it(`is less than ${coreBudget} for the core`, () => {
    expect(bytesOf(coreFiles) < coreBudget ? [] : overview()).toEqual([])
  })

  it(`is less than ${storeBudget} for what any store needs beside it`, () => {
    const files = beside(reachedFrom('dist/in-store.js'))

    expect(files).toContain('dist/in-store.js') // not with the core, and not in vain
    expect(bytesOf(files) < storeBudget ? [] : overview()).toEqual([])
  })

  it(`is less than ${acceptBudget} for what takes over sessions of other libraries`, () => {
    const files = beside(reachedFrom('dist/accepting.js'))

    expect(files).toContain('dist/accepting.js')
    expect(bytesOf(files) < acceptBudget ? [] : overview()).toEqual([])
  })

  it('is in one of these budgets, whatever sojourn loads', () => {
    const parts = [...coreFiles, ...reachedFrom('dist/in-store.js'), ...reachedFrom('dist/accepting.js')]

    expect([...reachedFrom(entries.get('sojourn')!.default)].filter((file) => !parts.includes(file))).toEqual([])
  })

  const others = [...entries.keys()].filter((name) => name !== 'sojourn')
  it.each(others)('is no more than agreed for %s', (name) => {
    const loaded = bytesOf(beside(loadedWith(entries.get(name)!.default)))

    expect(loaded < (budgets[name] ?? 0) ? [] : overview()).toEqual([])
  })

  it('is code without comments and without a map', () => {
    const files = [...entries.values()].flatMap((entry) => [...reachedFrom(entry.default)])
    const commented = files.filter((file) => /^\s*(?:\/[/*]|\*)/m.test(readBuilt(file)))

    expect(commented).toEqual([])
  })
})

/** A line for each entry: what it loads beside the core, at once and when it is needed, and the declarations. Then each file of the core. */
function overview(): string[] {
  const lines = [...entries].map(([name, { default: code, types }]) => {
    const [now, later] = [beside(loadedWith(code)), beside(reachedFrom(code))].map(bytesOf)
    return `${name}: ${now} beside the core at once, ${later} in all; ${bytesOf(reachedFrom(types))} of declarations`
  })
  const files = [...coreFiles].toSorted((one, other) => bytes(other) - bytes(one))
  return [`core: ${bytesOf(coreFiles)}`, ...lines, ...files.map((file) => `${file}: ${bytes(file)}`)]
}

const beside = (files: ReadonlySet<string>): string[] => [...files].filter((file) => !coreFiles.has(file))

const bytesOf = (files: Iterable<string>): number => [...files].reduce((sum, file) => sum + bytes(file), 0)

const bytes = (file: string): number => Buffer.byteLength(readBuilt(file))
