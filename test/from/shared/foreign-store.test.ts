import { describe, expect, it } from 'vitest'
import { toPromiseStore } from '../../../src/from/shared/foreign-store.ts'

const record = { userId: 7 }
const failure = new Error('no answer')
const missing = Object.assign(new Error('no file'), { code: 'ENOENT' })

describe('the store of another application', () => {
  it.each<[string, (id: string, callback: (error?: unknown, result?: object | null) => void) => unknown]>([
    ['at once', (_id, callback) => callback(null, record)],
    ['later', (_id, callback) => void setImmediate(() => callback(undefined, record))],
    // connect-redis does this, and its promise resolves to what the callback returns.
    ['in an async function', async (_id, callback) => callback(null, record)],
    ['after the promise of an async function', async (_id, callback) => void setImmediate(callback, null, record)],
  ])('may call back %s', async (_, get) => {
    expect(await toPromiseStore('from', { get, destroy() {} }).get('id')).toEqual(record)
  })

  it('may return promises', async () => {
    const store = toPromiseStore('from', { get: async () => record, destroy: async () => {} })
    expect(await store.get('id')).toEqual(record)
  })

  it('may be of a class that has its own shorten', async () => {
    class Records {
      readonly calls: unknown[] = []
      get = async (id: string) => void this.calls.push(id)
      destroy = async (id: string) => void this.calls.push(id)
      async shorten(id: string, seconds: number) {
        this.calls.push([id, seconds])
      }
    }
    const records = new Records()
    await toPromiseStore('from', records as any).shorten!('id', 60)
    expect(records.calls).toEqual([['id', 60]])
    const without = toPromiseStore('from', { get: async () => record, destroy: async () => {} })
    expect(without.shorten).toBeUndefined()
  })

  it('is a store with callbacks if it has createSession, however its get is written', async () => {
    const get = (...args: any[]) => args[1](null, record)
    const store = toPromiseStore('from', { get, destroy: async () => {}, createSession() {} } as any)
    expect(await store.get('id')).toEqual(record)
  })

  it.each<[string, (id: string, callback: (error?: unknown) => void) => unknown]>([
    ['calls back with an error', (_id, callback) => callback(failure)],
    ['throws', (_id, _callback) => { throw failure }], // prettier-ignore
    ['rejects', async (_id, _callback) => { throw failure }], // prettier-ignore
  ])('rejects if it %s', async (_, get) => {
    const store = toPromiseStore('from', { get, destroy: get })
    await expect(store.get('id')).rejects.toBe(failure)
    await expect(store.destroy('id')).rejects.toBe(failure)
  })

  it('has no session if it calls back with a missing file', async () => {
    const get = (_id: string, callback: (error?: unknown) => void) => callback(missing)
    expect(await toPromiseStore('from', { get, destroy: get }).get('id')).toBeNull()
  })

  it.each([[undefined], [null], [{}], [{ get() {} }], [new Map()]])(
    'must have get and destroy, which %j has not',
    (store) => {
      expect(() => toPromiseStore('fromExpressSession', store as any)).toThrow(
        'fromExpressSession needs the option store, the application’s own'.replace('’', "'"),
      )
    },
  )
})
