import { describe, expect, it } from 'vitest'
import { entries, readBuilt, reachedFrom, type Entry } from '../setup/package.ts'

const kilobyte = 1000

/** What `import 'sojourn'` loads may have at most so many bytes, unpacked. */
const coreBudget = 60 * kilobyte

/** What another entry loads beside the core may have at most so many. */
const budgets: Record<string, number> = {
  'sojourn/hono': 8 * kilobyte,
  'sojourn/express': 16 * kilobyte,
  'sojourn/node': 16 * kilobyte,
  'sojourn/fetch': 8 * kilobyte,
  'sojourn/flask': 36 * kilobyte,
  'sojourn/env': 40 * kilobyte, // with Flask's format
  'sojourn/testing': 3 * kilobyte,
}

const core = entries.get('sojourn')!
const coreFiles = reachedFrom(core.default)

describe('what an import loads, in bytes', () => {
  it(`is less than ${coreBudget} for the core`, () => {
    expect(bytesOf(coreFiles) < coreBudget ? [] : overview()).toEqual([])
  })

  const others = [...entries.keys()].filter((name) => name !== 'sojourn')
  it.each(others)('is no more than agreed for %s', (name) => {
    expect(bytesBeside(entries.get(name)!) < (budgets[name] ?? 0) ? [] : overview()).toEqual([])
  })

  it('is code without comments and without a map', () => {
    const files = [...entries.values()].flatMap((entry) => [...reachedFrom(entry.default)])
    const commented = files.filter((file) => /^\s*(?:\/[/*]|\*)/m.test(readBuilt(file)))

    expect(commented).toEqual([])
  })
})

/** A line for each entry: what it loads, what of it is not the core, and the declarations on top. Then the core's files. */
function overview(): string[] {
  const lines = [...entries].map(([name, entry]) => {
    const [code, types] = [bytesOf(reachedFrom(entry.default)), bytesOf(reachedFrom(entry.types))]
    return `${name}: ${code} of code, ${bytesBeside(entry)} beside the core; ${code + types} with its declarations`
  })
  const files = [...coreFiles].toSorted((one, other) => bytes(other) - bytes(one))
  return [...lines, ...files.map((file) => `${file}: ${bytes(file)}`)]
}

const bytesBeside = (entry: Entry): number =>
  bytesOf([...reachedFrom(entry.default)].filter((file) => !coreFiles.has(file)))

const bytesOf = (files: Iterable<string>): number => [...files].reduce((sum, file) => sum + bytes(file), 0)

const bytes = (file: string): number => Buffer.byteLength(readBuilt(file))
