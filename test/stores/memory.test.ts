import { afterEach, describe, expect, it, vi } from 'vitest'
import { memoryStore } from '../../src/stores/memory.ts'
import { addRecord, endRecord, newRecord, sampleEnding } from '../../src/testing/store-suite/kit.ts'
import { storeSuite } from '../../src/testing/store-suite/store-suite.ts'

describe('memoryStore', () => {
  const open = () => ({ store: memoryStore(), expiresByItself: false })
  it.each(storeSuite(open, { rounds: 100 }))('%s', (_name, check) => check())
})

describe('a sweep of a memory store', () => {
  it('counts cutoffs', async () => {
    const store = memoryStore()
    await store.endAll('ada', { ...sampleEnding, expiresAt: 5 })

    expect(await store.sweep!(5)).toBe(0)
    expect(await store.sweep!(6)).toBe(1)
    expect(await store.sweep!(6)).toBe(0)
  })
})

describe('a memory store that is full', () => {
  it('refuses a new session, and stored sessions continue', async () => {
    const store = memoryStore({ max: 2 })
    const [first, second] = [await addRecord(store), await addRecord(store)]

    await expect(store.create(newRecord())).rejects.toThrow(/full: it holds 2 sessions, its max\. .*sqliteStore/)
    expect(await store.create(first)).toEqual({ result: 'taken', ended: [] })
    const change = { set: { more: '1' }, unset: [], lastSeenAt: 1, expiresAt: 2 }
    expect(await store.update(first, first, change)).toBe(1)
    await endRecord(store, first)

    expect(await store.read(first)).toMatchObject({ ended: 'signed-out' })
    expect(await store.read(second)).toEqual(second)
  })

  it('has room again when what ended is swept', async () => {
    const store = memoryStore({ max: 1 })
    await endRecord(store, await addRecord(store), { ended: 'revoked', endedAt: 1, expiresAt: 2 })
    await expect(store.create(newRecord())).rejects.toThrow('full')

    expect(await store.sweep!(3)).toBe(1)
    expect(await store.create(newRecord())).toEqual({ result: 'created', ended: [] })
  })

  it('accepts a valid max only', () => {
    for (const max of [0, -1, 1.5, NaN]) {
      expect(() => memoryStore({ max })).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }))
    }
  })
})

describe('in production', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
    vi.resetModules()
  })

  const warnings = async (environment: string): Promise<unknown[][]> => {
    vi.resetModules()
    vi.stubEnv('NODE_ENV', environment)
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { memoryStore } = await import('../../src/stores/memory.ts')
    memoryStore()
    memoryStore()
    return warn.mock.calls
  }

  it('says once that a restart signs everybody out', async () => {
    expect(await warnings('production')).toEqual([[expect.stringMatching(/lost on restart.*sqliteStore/)]])
  })

  it('says nothing elsewhere', async () => {
    expect(await warnings('development')).toEqual([])
  })
})
