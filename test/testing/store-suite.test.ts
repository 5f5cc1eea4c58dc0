import { beforeAll, describe, expect, it } from 'vitest'
import { isEnding, type SessionRecord, type SessionStore } from '../../src/stores/store.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { textChecks } from '../../src/testing/store-suite/text-checks.ts'
import { storeSuite, type OpenedStore } from '../../src/testing/store-suite/store-suite.ts'
import { isRaceCheck } from '../suites/race-checks.ts'
import { wrongCutoffs, wrongEndAll } from './wrong-stores/cutoffs.ts'
import { wrongData } from './wrong-stores/data.ts'
import { wrongFields } from './wrong-stores/fields.ts'
import { wrongLists } from './wrong-stores/lists.ts'
import { wrongLifecycle } from './wrong-stores/lifecycle.ts'
import { wrongLimits, wrongUnits } from './wrong-stores/units.ts'
import { plainStore, turn, type WrongStore } from './wrong-stores/plain.ts'

type Expiry = Pick<OpenedStore, 'expiresByItself'>

/** The names of the checks that a store does not pass. */
async function failures(
  make: () => SessionStore,
  expiry: Expiry = { expiresByItself: false },
  rounds = 20,
  isRun: (name: string) => boolean = () => true,
): Promise<string[]> {
  const checks = storeSuite(() => ({ store: make(), ...expiry }), { rounds }).filter(([name]) => isRun(name))
  const failed = await Promise.all(
    checks.map(([name, check]) =>
      check().then(
        () => [],
        () => [name],
      ),
    ),
  )
  return failed.flat()
}

describe('a wrong store is caught', () => {
  // Those that the check of `watch` catches come first, together: it waits seconds for a notice.
  const waits = ([, , caughtBy]: WrongStore): number => (caughtBy.some((name) => name.startsWith('watch')) ? 0 : 1)
  const wrongStores = [
    ...wrongLifecycle,
    ...wrongData,
    ...wrongFields,
    ...wrongLists,
    ...wrongUnits,
    ...wrongLimits,
    ...wrongCutoffs,
    ...wrongEndAll,
  ].toSorted((one, other) => waits(one) - waits(other))
  const caught: string[][] = []
  // Races, whole requests, long lists of texts and hundreds of sessions take most of the time. These checks run only if
  // they must catch the store.
  const texts = new Set(textChecks.map(([name]) => name))
  const isLong = (name: string) =>
    isRaceCheck(name) ||
    texts.has(name) ||
    /^(all,|list shows every session whose|sweep, if implemented, removes all|endAll ends every session without)/.test(
      name,
    )
  const isRunFor = (caughtBy: string[]) => (name: string) =>
    caughtBy.includes(name) || (caughtBy.at(-1) !== '…' && !isLong(name))
  beforeAll(async () => {
    const make = (wrong: WrongStore[1]) => (): SessionStore => {
      const inside = plainStore()
      return { ...inside, ...wrong(inside) }
    }
    // Some at a time: a busy process would measure wrong times.
    for (let at = 0; at < wrongStores.length; at += 20)
      caught.push(
        ...(await Promise.all(
          wrongStores
            .slice(at, at + 20)
            .map(([what, wrong, caughtBy]) =>
              failures(make(wrong), what === 'the time to live is set once' ? {} : undefined, 30, isRunFor(caughtBy)),
            ),
        )),
      )
  }, 120_000)

  it.each(wrongStores)('%s', (what, _wrong, caughtBy) => {
    const by = caught[wrongStores.findIndex(([each]) => each === what)]!
    if (caughtBy.at(-1) === '…') expect(by.toSorted()).toEqual(caughtBy.slice(0, -1).toSorted())
    else expect(by).toEqual(caughtBy)
  })
})

describe('a right store of another kind passes', () => {
  it('one that is plain', async () => {
    expect(await failures(plainStore)).toEqual([])
  })

  it('one that answers later, each call at its own time', async () => {
    const some = async () => {
      for (let turns = Math.floor(Math.random() * 4); turns > 0; turns--) await turn()
    }
    const later =
      <Values extends unknown[], Answer>(call: (...values: Values) => Promise<Answer>) =>
      async (...values: Values) => {
        const own = structuredClone(values)
        await some()
        const answer = await call(...own)
        await some()
        return answer
      }
    const slow = (): SessionStore => {
      const { create, read, update, end, endAll, list } = memoryStore()
      return {
        async create(record, options = {}) {
          return later(async (own: SessionRecord) => create(own, options))(record)
        },
        read: later(read),
        update: later(update),
        end: later(async (...values) => (await end(...values)) && 'unconfirmed'),
        endAll: later(async (...values) => ({ ...(await endAll(...values)), isConfirmed: false })),
        list: later(list),
      }
    }
    expect(await failures(slow)).toEqual([])
  })

  it('one that forgets by itself what has expired', async () => {
    const forgetful = (): SessionStore => {
      const { create, read, update, end, endAll, list, sweep } = memoryStore()
      const first =
        <Values extends unknown[], Answer>(call: (...values: Values) => Promise<Answer>) =>
        async (...values: Values) => {
          await sweep!(Date.now())
          return call(...values)
        }
      return {
        create: first(create),
        read: first(read),
        update: first(update),
        end: first(end),
        endAll: first(endAll),
        list: first(list),
      }
    }
    expect(await failures(forgetful, { expiresByItself: true })).toEqual([])
  })

  it('one whose data has no prototype, and is the caller’s own', async () => {
    const own = (found: SessionRecord) => ({
      ...found,
      data: Object.assign(Object.create(null), found.data) as Record<string, string>,
    })
    const copying = (): SessionStore => {
      const store = memoryStore()
      return {
        ...store,
        async read(id) {
          const found = await store.read(id)
          return found === null || isEnding(found) ? found : own(found)
        },
      }
    }
    expect(await failures(copying)).toEqual([])
  })
})

describe('the suite', () => {
  it('closes what it opened, whether the check passes or not', async () => {
    let open = 0
    const opened = (store: SessionStore) => () => {
      open++
      return { store, close: () => open-- }
    }
    const [[, check]] = storeSuite(opened(memoryStore())) as [[string, () => Promise<void>]]
    await check()
    expect(open).toBe(0)

    const broken = { ...memoryStore(), read: async () => null }
    const [[, fails]] = storeSuite(opened(broken)) as [[string, () => Promise<void>]]
    await expect(fails()).rejects.toThrow('found nothing')
    expect(open).toBe(0)
  })

  it('names each check once', () => {
    const names = storeSuite(() => ({ store: memoryStore() })).map(([name]) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  it('asks another process’s view, where there is one', async () => {
    const stale = (): SessionStore => ({ ...memoryStore() })
    const failed: string[] = []
    const opened = () => ({ store: memoryStore(), another: stale, expiresByItself: false })
    for (const [name, check] of storeSuite(opened, { rounds: 10 })) {
      if (name.startsWith('read ')) await check().catch(() => failed.push(name))
    }
    expect(failed).toContain('read returns a record exactly as created, at once and in every process')
    expect(failed).toContain(
      'read returns the ending of an ended session, at once and in every process, without the record',
    )
  })
})
