import { beforeAll, describe, expect, it } from 'vitest'
import { memoryStore } from '../../src/stores/memory.ts'
import { simulate } from '../../src/testing/simulation/simulate.ts'
import type { OpenedStore } from '../../src/testing/store-suite/store-suite.ts'
import { sqliteFiles } from '../support/sqlite-files.ts'
import { wrongData } from '../testing/wrong-stores/data.ts'
import { wrongFields } from '../testing/wrong-stores/fields.ts'
import { wrongLifecycle } from '../testing/wrong-stores/lifecycle.ts'
import { plainStore } from '../testing/wrong-stores/plain.ts'

const { opened } = sqliteFiles()

const right = [
  ['the store in memory', () => ({ store: memoryStore() })],
  ['a plain store', () => ({ store: plainStore() })],
  [
    'SQLite',
    () => {
      const { db, file, store } = opened()
      return { store, another: () => opened(file).store, close: () => db.close() }
    },
  ],
] as const

const found = [
  'update writes the data whole',
  'update does not ask for the secret',
  'update makes a record in the place of an ending',
  'create refuses, and writes all the same',
  'a renewal does not reach the store',
]
const wrong = [...wrongLifecycle, ...wrongData, ...wrongFields]
  .filter(([what]) => found.includes(what))
  .map(([what, change]) => {
    const open = () => {
      const inside = plainStore()
      return { store: { ...inside, ...change(inside) } }
    }
    return [what, open] as const
  })

const throwing = (): OpenedStore => {
  const update = (): never => {
    throw new Error('no update')
  }
  return { store: { ...memoryStore(), update } }
}

/** The first schedule that finds the store for which none of the first ten does. */
const rareSeed = 27

const messages = new Map<string, string>()

// Most of the time is waiting, so all are run at once. A store that is wrong is found in the first schedules, unless the machine is busy.
beforeAll(async () => {
  const run = async (what: string, open: () => OpenedStore, schedules: number): Promise<void> => {
    const seed = what.startsWith('create refuses') ? rareSeed : 1
    const result = simulate(open, { seed, schedules, atOnce: 10 })
    messages.set(
      what,
      await result.then(
        () => 'nothing',
        ({ message }: Error) => message,
      ),
    )
  }
  await Promise.all([
    ...right.map(async ([what, open]) => run(what, open, 10)),
    ...wrong.map(async ([what, open]) => run(what, open, 200)),
    run('a store that throws', throwing, 10),
  ])
}, 180_000)

describe('simulate', () => {
  it.each([{ schedules: 0 }, { schedules: NaN }, { atOnce: 0 }, { atOnce: 1.5 }, { seed: NaN }])(
    'rejects %j',
    async (options) =>
      expect(simulate(() => ({ store: memoryStore() }), options)).rejects.toMatchObject({ code: 'ERR_OPTIONS' }),
  )

  it('rejects with the error of a store that cannot be opened, and starts no other schedule', async () => {
    let opened = 0
    const open = async (): Promise<OpenedStore> => {
      opened++
      throw new Error('no database')
    }
    await expect(simulate(open, { schedules: 50, atOnce: 1 })).rejects.toThrow('no database')
    expect(opened).toBe(1)
  })

  it.each(right)('finds nothing in %s', (what) => expect(messages.get(what)).toBe('nothing'))

  // A busy machine excuses all its failures, so nothing may be found. An error that nobody catches would fail the run.
  it('ends as usual if a store throws instead of rejecting', () =>
    expect(messages.get('a store that throws')).toMatch(/^nothing$|^A promise does not hold/))

  it.each(found)('finds a store in which %s', (what) => {
    expect(messages.get(what)).toMatch(
      /A promise does not hold.*WRONG.*simulate\(open, \{ seed: \d+, schedules: 1 \}\)/s,
    )
  })
})
