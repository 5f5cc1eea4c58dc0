import { beforeAll, describe, expect, it, vi } from 'vitest'
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

const messages = new Map<string, string>()

// By a clock, because a schedule takes 11 seconds in real time, and a busy machine excuses what a store does wrong. One schedule after
// another, because the clock needs long for many timers.
beforeAll(async () => {
  await import('../../src/repository/store-backend.ts') // now, because the library imports it later, and the clock would not wait
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'Date'] })
  const startedAt = Date.now()
  vi.spyOn(performance, 'now').mockImplementation(() => Date.now() - startedAt)
  vi.spyOn(performance, 'eventLoopUtilization').mockReturnValue({ idle: 0, active: 0, utilization: 0 })

  async function run(what: string, open: () => OpenedStore, schedules: number): Promise<void> {
    void simulate(open, { seed: 1, schedules, atOnce: 1 }).then(
      () => messages.set(what, 'nothing'),
      (error: Error) => messages.set(what, error.message),
    )
    while (!messages.has(what)) await vi.advanceTimersByTimeAsync(1000)
  }

  for (const [what, open] of right) await run(what, open, 10)
  for (const [what, open] of wrong) await run(what, open, 100)
  await run('a store that throws', throwing, 10)

  vi.useRealTimers()
  vi.restoreAllMocks()
})

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

  // To throw is to fail, as in an outage, and that is no broken promise. An error that nobody catches would fail the run.
  it('takes a store that throws for one that rejects', () =>
    expect(messages.get('a store that throws')).toBe('nothing'))

  it.each(found)('finds a store in which %s', (what) => {
    expect(messages.get(what)).toMatch(
      /A promise does not hold.*WRONG.*simulate\(open, \{ seed: \d+, schedules: 1 \}\)/s,
    )
  })
})
