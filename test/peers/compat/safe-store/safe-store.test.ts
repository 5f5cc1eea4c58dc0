import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import expressSession, { Store } from 'express-session'
import { AsyncLocalStorage } from 'node:async_hooks'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import createFileStore from 'session-file-store'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ExpressStore, StoreCallback } from '../../../../src/compat/shared/express-store.ts'
import { createSafeStore } from '../../../../src/compat/shared/safe-store.ts'
import { create, done, end, load, read, save, touch, valuesOf } from './sessions.ts'

/** A store that answers at once. `calls` has the name of each call, and `held` the answers that were held back. */
class SyncStore extends Store {
  readonly sessions = new Map<string, string>()
  readonly calls: string[] = []
  readonly held: (() => void)[] = []
  holds = ''
  fails = ''
  skipsMissing = false

  answer(name: string, callback: (...values: any[]) => void = () => {}, value?: unknown): void {
    this.calls.push(name)
    const respond = () => (name === this.fails ? callback(new Error(`${name} failed`)) : callback(null, value))
    if (name === this.holds) this.held.push(respond)
    else respond()
  }
  get(sid: string, callback: (error?: unknown, session?: any) => void): void {
    const text = this.sessions.get(sid)
    if (text === undefined && this.skipsMissing) return
    this.answer('get', callback, text === undefined ? null : JSON.parse(text))
  }
  set(sid: string, session: object, callback?: StoreCallback): void {
    if (this.fails !== 'set') this.sessions.set(sid, JSON.stringify(session))
    this.answer('set', callback)
  }
  destroy(sid: string, callback?: StoreCallback): void {
    if (this.fails !== 'destroy') this.sessions.delete(sid)
    this.answer('destroy', callback)
  }
  override touch(_sid: string, _session: object, callback?: StoreCallback): void {
    this.answer('touch', callback)
  }
}

function open(options?: Parameters<typeof createSafeStore>[1]) {
  const raw = new SyncStore()
  return { raw, store: createSafeStore(raw, { marks: false, ...options }) }
}

describe('calls of the store', () => {
  it('writes a new session without reading, and a loaded one after one read', async () => {
    const { raw, store } = open()
    await save(store, 'sid', create(store))
    expect(raw.calls).toEqual(['set'])

    await save(store, 'sid', await load(store, 'sid'))
    expect(raw.calls).toEqual(['set', 'get', 'get', 'set'])
  })

  it('with marks, looks for one after the write of a loaded session only', async () => {
    const { raw, store } = open({ marks: true })
    await save(store, 'sid', create(store))
    expect(raw.calls).toEqual(['set'])

    await save(store, 'sid', await load(store, 'sid'))
    expect(raw.calls).toEqual(['set', 'get', 'get', 'set', 'get'])
  })

  it('with marks, looks for one after a touch', async () => {
    const { raw, store } = open({ marks: true })
    await save(store, 'sid', create(store))
    await touch(store, 'sid', await load(store, 'sid'))
    expect(raw.calls).toEqual(['set', 'get', 'touch', 'get'])
  })

  it('with marks, repeats no read of session-file-store for a mark that is missing', async () => {
    const path = mkdtempSync(join(tmpdir(), 'sojourn-marks-'))
    onTestFinished(() => rmSync(path, { recursive: true }))
    const logFn = vi.fn()
    const store = createSafeStore(new (createFileStore(expressSession))({ path, reapInterval: -1, logFn }))
    await save(store, 'sid', create(store))
    await save(store, 'sid', await load(store, 'sid'))
    await touch(store, 'sid', await load(store, 'sid'))
    expect(logFn).not.toHaveBeenCalled()
  })

  it('leaves a mark that has no id and expires after an hour', async () => {
    const { raw, store } = open({ marks: true })
    await save(store, 'a-secret-id', create(store))
    await end(store, 'a-secret-id')

    const [[key, text] = ['', '']] = [...raw.sessions]
    expect(key + text).not.toContain('a-secret-id')
    const mark = JSON.parse(text)
    expect(mark).toEqual({ cookie: { originalMaxAge: 3_600_000, expires: expect.any(String) }, ended: true })
    expect(Date.parse(mark.cookie.expires) - Date.now()).toBeCloseTo(3_600_000, -5)
  })

  it('answers at once if the store does', () => {
    const { store } = open({ marks: true })
    const order: string[] = []
    store.set('sid', create(store, { user: 'ada' }), () => order.push('saved'))
    store.get('sid', () => order.push('read'))
    store.destroy('sid', () => order.push('ended'))
    order.push('returned')

    expect(order).toEqual(['saved', 'read', 'ended', 'returned'])
  })

  it('calls functions of the store by name, so that they can be replaced', async () => {
    const { raw, store } = open()
    await save(store, 'sid', create(store))
    raw.get = (_sid, callback) => callback(new Error('replaced'))

    await expect(read(store, 'sid')).rejects.toThrow('replaced')
  })

  it('works without callbacks', () => {
    const { raw, store } = open()
    store.set('sid', create(store))
    store.touch('sid', create(store))
    store.destroy('sid')
    expect(raw.calls).toEqual(['set', 'touch', 'destroy'])
  })

  it.each([
    ['MemoryStore', new expressSession.MemoryStore(), false],
    ['session-file-store', new (createFileStore(expressSession))({ path: tmpdir(), reapInterval: -1 }), true],
    ['connect-redis', new RedisStore({ client: {} }), true],
    [
      'connect-pg-simple',
      new (connectPgSimple(expressSession))({ conString: 'postgres://127.0.0.1', pruneSessionInterval: false }),
      true,
    ],
  ])('marks ended sessions only in stores that processes share: %s', async (_name, raw: ExpressStore, expected) => {
    const set = vi.fn((_sid: string, _session: object, callback: StoreCallback) => callback())
    Object.assign(raw, { set, destroy: (_sid: string, callback: StoreCallback) => callback() })
    await end(createSafeStore(raw), 'sid')
    expect(set).toHaveBeenCalledTimes(expected ? 1 : 0)
  })
})

describe('the other members of the store', () => {
  it('are the store’s own, also those with private fields', async () => {
    const PgStore = connectPgSimple(expressSession)
    const raw = new PgStore({ conString: 'postgres://127.0.0.1/none', pruneSessionInterval: false })
    const store = createSafeStore(raw)
    const heard = vi.fn()
    store.on('disconnect', heard)
    raw.emit('disconnect')

    await expect(store.close()).resolves.toBeUndefined()
    expect(heard).toHaveBeenCalledOnce()
    expect(store).toBeInstanceOf(Store)
    expect('trackSession' in store).toBe(true)
  })

  it('may be functions with properties, which remain', () => {
    const query = Object.assign(() => 'rows', { schema: 'public' })
    const raw = Object.assign(new SyncStore(), { query })
    const store = createSafeStore(raw)
    expect([store.query, store.query.schema, store.constructor]).toEqual([query, 'public', SyncStore])
  })

  it('touch is missing if the store has none', () => {
    const raw = Object.assign(new SyncStore(), { touch: undefined as never })
    expect(createSafeStore(raw).touch).toBeUndefined()
  })

  it('regenerate ends the old session for good', async () => {
    const { raw, store } = open()
    await save(store, 'sid', create(store, { user: 'ada' }))
    const slow = await load(store, 'sid')
    const generate = vi.fn()
    Object.assign(store, { generate })
    await done((callback) => store.regenerate({ sessionID: 'sid' } as never, callback))
    raw.calls.length = 0
    await save(store, 'sid', slow)

    expect(generate).toHaveBeenCalledOnce()
    expect(raw.calls).toEqual([])
  })
})

describe('writes of one session', () => {
  it('run one after another, and others do not wait', async () => {
    const { raw, store } = open()
    for (const sid of ['one', 'two']) await save(store, sid, create(store, { user: sid }))
    const [first, second, other] = [await load(store, 'one'), await load(store, 'one'), await load(store, 'two')]
    raw.calls.length = 0
    raw.holds = 'set'

    first.a = second.b = other.c = 1
    const saved = Promise.all([save(store, 'one', first), save(store, 'one', second)])
    void save(store, 'two', other)
    expect(raw.calls).toEqual(['get', 'set', 'get', 'set'])

    raw.holds = ''
    for (const answer of raw.held) answer()
    await saved
    expect(await valuesOf(raw, 'one')).toEqual({ user: 'one', a: 1, b: 1 })
  })

  it('run before a touch that came later, and before the end', async () => {
    const { raw, store } = open()
    await save(store, 'sid', create(store))
    const session = await load(store, 'sid')
    raw.calls.length = 0
    raw.holds = 'set'
    const all = Promise.all([save(store, 'sid', session), touch(store, 'sid', session), end(store, 'sid')])
    expect(raw.calls).toEqual(['get', 'set'])
    raw.held[0]!()
    await all
    // The write removes the session as well, because its end has begun.
    expect(raw.calls).toEqual(['get', 'set', 'destroy', 'destroy'])
  })

  it('keep the AsyncLocalStorage of their request', async () => {
    const { raw, store } = open()
    const request = new AsyncLocalStorage<string>()
    const session = create(store)
    raw.holds = 'set'
    request.run('first', () => store.set('sid', session))
    const seen = request.run(
      'second',
      async () => new Promise((resolve) => store.set('sid', session, () => resolve(request.getStore()))),
    )

    raw.holds = ''
    request.run('first', () => raw.held[0]!())
    expect(await seen).toBe('second')
  })

  it('continue after a callback that throws', async () => {
    const { raw, store } = open()
    const session = create(store)
    raw.holds = 'set'
    store.set('sid', session, () => {
      throw new Error('of the handler')
    })
    const second = save(store, 'sid', session)
    raw.holds = ''

    expect(() => raw.held[0]!()).toThrow('of the handler')
    await second
  })

  it('end with an error after 30 seconds without an answer, and the next one runs', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const { raw, store } = open()
    await save(store, 'sid', create(store, { user: 'ada' }))
    const [lost, next] = [await load(store, 'sid'), await load(store, 'sid')]
    raw.holds = 'set'
    const callback = vi.fn()
    store.set('sid', lost, callback)
    next.seen = 1
    const saved = save(store, 'sid', next)
    raw.holds = ''
    vi.advanceTimersByTime(29_999)
    expect(callback).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)

    await saved
    expect(await valuesOf(raw, 'sid')).toEqual({ user: 'ada', seen: 1 })
    raw.held[0]!()
    expect(callback.mock.calls).toEqual([[new Error('The session store did not answer within 30 seconds.')]])
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each(['get', 'set'])('bring no ended session back if the store answers %s later than that', async (name) => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const { raw, store } = open()
    await save(store, 'sid', create(store))
    const session = await load(store, 'sid')
    raw.holds = name
    const failed = expect(save(store, 'sid', session)).rejects.toThrow('30 seconds')
    raw.holds = ''
    const text = raw.sessions.get('sid')!
    const ending = end(store, 'sid')
    vi.advanceTimersByTime(30_000)
    await Promise.all([failed, ending])
    // The store's server writes late, too.
    if (name === 'set') raw.sessions.set('sid', text)
    raw.held[0]!()
    expect(raw.sessions.size).toBe(0)
  })

  it('call back once if the store throws or calls back twice', async () => {
    const { raw, store } = open()
    const callback = vi.fn()
    raw.set = (_sid, _session, answer) => {
      answer!()
      answer!()
    }
    store.set('sid', create(store), callback)
    expect(callback).toHaveBeenCalledOnce()
    raw.set = () => {
      throw new Error('of the store')
    }
    store.set('sid', create(store), callback)
    expect(callback.mock.calls).toEqual([[undefined], [new Error('of the store')]])
  })

  it('report an error of a handler to a store that catches it, as connect-redis does', () => {
    const { raw, store } = open()
    raw.set = (_sid, _session, answer) => {
      try {
        answer!()
      } catch (error) {
        answer!(error)
      }
    }
    const errors: unknown[] = []
    store.set('sid', create(store), (error) => {
      errors.push(error)
      if (!error) throw new Error('of the handler')
    })
    expect(errors).toEqual([undefined, new Error('of the handler')])
  })

  it('fail if the session has no JSON', async () => {
    const { store } = open()
    await expect(save(store, 'sid', create(store, { count: 1n }))).rejects.toThrow(TypeError)
    await save(store, 'sid', create(store, { count: 1 }))
  })
})

describe('a session that ended', () => {
  it('is reported if it is touched', async () => {
    const onRefused = vi.fn()
    const { raw, store } = open({ onRefused, marks: true })
    const sids = ['here', 'elsewhere', 'gone']
    for (const sid of sids) await save(store, sid, create(store))
    const sessions = [await load(store, 'here'), await load(store, 'elsewhere'), await load(store, 'gone')]
    await end(store, 'here')
    await end(createSafeStore(raw, { marks: true }), 'elsewhere')
    for (const n of [0, 1]) await touch(store, sids[n]!, sessions[n])
    raw.fails = 'touch'
    raw.sessions.delete('gone')
    await touch(store, 'gone', sessions[2])

    expect(onRefused.mock.calls).toEqual(sids.map((sid, n) => [sid, sessions[n]]))
  })

  it('is reported if a write of it is left out', async () => {
    const onRefused = vi.fn()
    const { raw, store } = open({ onRefused })
    await save(store, 'sid', create(store))
    const [one, other] = [await load(store, 'sid'), await load(store, 'sid')]
    raw.sessions.clear()
    await save(store, 'sid', one)
    await end(store, 'sid')
    await save(store, 'sid', other)

    expect(onRefused.mock.calls).toEqual([
      ['sid', one],
      ['sid', other],
    ])
  })

  it('is not found by a read that was under way', async () => {
    const { raw, store } = open()
    await save(store, 'sid', create(store, { user: 'ada' }))
    raw.holds = 'get'
    const reading = read(store, 'sid')
    await end(store, 'sid')
    raw.held[0]!()
    expect(await reading).toBeNull()
  })

  it('ends even if the mark cannot be written', async () => {
    const { raw, store } = open({ marks: true })
    await save(store, 'sid', create(store))
    raw.fails = 'set'
    await end(store, 'sid')
    expect(raw.sessions.size).toBe(0)
  })

  it('is an error for as long as the store does not end it, and the next read ends it', async () => {
    const { raw, store } = open()
    await save(store, 'sid', create(store))
    raw.fails = 'destroy'
    await expect(end(store, 'sid')).rejects.toThrow('destroy failed')
    await expect(read(store, 'sid')).rejects.toThrow('destroy failed')
    raw.fails = ''
    expect(await read(store, 'sid')).toBeNull()
    expect(raw.sessions.size).toBe(0)
  })

  it('makes no touch fail, but a touch of a live one may', async () => {
    const { raw, store } = open()
    await save(store, 'sid', create(store))
    const session = await load(store, 'sid')
    raw.fails = 'touch'
    await expect(touch(store, 'sid', session)).rejects.toThrow('touch failed')
    raw.sessions.clear()
    await touch(store, 'sid', session)
  })

  it('holds a write of a store that never answers for a missing record no longer than a second', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const { raw, store } = open({ marks: true })
    raw.skipsMissing = true
    await save(store, 'sid', create(store, { user: 'ada' }))
    const session = await load(store, 'sid')
    session.seen = 1
    const callback = vi.fn()
    store.set('sid', session, callback)
    vi.advanceTimersByTime(999)
    expect(callback).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(callback.mock.calls).toEqual([[undefined]])
    expect(await valuesOf(raw, 'sid')).toEqual({ user: 'ada', seen: 1 })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends the session again if its mark is read later than that', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const { raw, store } = open({ marks: true })
    const other = createSafeStore(raw, { marks: true })
    await save(store, 'sid', create(store))
    const session = await load(store, 'sid')
    const text = raw.sessions.get('sid')!
    await end(other, 'sid')
    // The write of this process arrives after the other one's sign-out.
    raw.sessions.set('sid', text)
    raw.holds = 'touch'
    const touched = touch(store, 'sid', session)
    raw.holds = 'get'
    raw.held.shift()!()
    vi.advanceTimersByTime(1_000)
    await touched
    raw.held.shift()!()
    expect(raw.sessions.has('sid')).toBe(false)
    await touch(store, 'sid', session)
    expect(raw.calls.at(-1)).toBe('destroy')
  })

  it('fails a write whose mark cannot be read', async () => {
    const { raw, store } = open({ marks: true })
    await save(store, 'sid', create(store))
    const session = await load(store, 'sid')
    raw.holds = 'set'
    const saved = save(store, 'sid', session)
    raw.fails = 'get'
    raw.held[0]!()
    await expect(saved).rejects.toThrow('get failed')
  })
})

describe('a program’s own object', () => {
  it('replaces the session', async () => {
    const { raw, store } = open()
    await save(store, 'sid', create(store, { user: 'ada', cart: [] }))
    await save(store, 'sid', { cookie: {}, user: 'bob' })
    expect(await valuesOf(raw, 'sid')).toEqual({ user: 'bob' })
  })

  it('does not bring a session back that another process has ended', async () => {
    const { raw, store } = open({ marks: true })
    const other = createSafeStore(raw, { marks: true })
    await save(store, 'sid', create(store))
    await end(other, 'sid')
    await save(store, 'sid', { cookie: {}, user: 'bob' })
    expect(await read(raw, 'sid')).toBeNull()
  })

  it('that was read is written as a change', async () => {
    const { raw, store } = open()
    await save(store, 'sid', create(store, { user: 'ada' }))
    const found = await read(store, 'sid')
    const session = await load(store, 'sid')
    session.cart = ['pen']
    await save(store, 'sid', session)
    found.user = 'bob'
    await save(store, 'sid', found)
    expect(await valuesOf(raw, 'sid')).toEqual({ user: 'bob', cart: ['pen'] })
  })
})

// Its contract, because no MongoDB runs here: `get` adds the time of the last write, and `set` removes it from what it writes.
describe('a store with a key of its own, as connect-mongo', () => {
  class TimedStore extends SyncStore {
    override get(sid: string, callback: (error?: unknown, session?: any) => void): void {
      super.get(sid, (error, found) => callback(error, found && { ...found, lastModified: new Date() }))
    }
    override set(sid: string, session: { lastModified?: Date }, callback?: StoreCallback): void {
      const { lastModified: _, ...values } = session
      super.set(sid, values, callback)
    }
  }

  it('keeps what two requests wrote, and not that key', async () => {
    const raw = new TimedStore()
    const store = createSafeStore(raw)
    await save(store, 'sid', create(store, { user: 'ada' }))
    const [one, other] = [await load(store, 'sid'), await load(store, 'sid')]
    one.a = other.b = 1
    for (const session of [one, other, one]) await save(store, 'sid', session)
    const { cookie: _, ...values } = JSON.parse(raw.sessions.get('sid')!)
    expect(values).toEqual({ user: 'ada', a: 1, b: 1 })
  })
})

describe('merging', () => {
  async function twoRequests(values: object = {}) {
    const { raw, store } = open()
    await save(store, 'sid', create(store, values))
    return { raw, store, one: await load(store, 'sid'), other: await load(store, 'sid') }
  }

  it('keeps a cookie that another request gave a longer life', async () => {
    const { raw, store, one, other } = await twoRequests()
    one.cookie.maxAge = 86_400_000
    await save(store, 'sid', one)
    other.seen = 1
    await save(store, 'sid', other)

    const { cookie, seen } = await read(raw, 'sid')
    expect([cookie.originalMaxAge, seen]).toEqual([86_400_000, 1])
    expect(Date.parse(cookie.expires) - Date.now()).toBeGreaterThan(80_000_000)
    expect(cookie).not.toHaveProperty('maxAge')
  })

  it('passes a cookie that stores can read', async () => {
    const { raw, store, one, other } = await twoRequests()
    one.cookie.maxAge = 86_400_000
    await save(store, 'sid', one)
    const set = vi.spyOn(raw, 'set')
    await save(store, 'sid', other)

    const { cookie } = set.mock.calls[0]![1] as any
    expect(cookie.expires).toBeInstanceOf(Date)
    expect(cookie.maxAge).toBeGreaterThan(80_000_000)
  })

  it('keeps the last of two changes of one key, and removes what one request removed', async () => {
    const { raw, store, one, other } = await twoRequests({ a: 1, b: 1, c: 1 })
    one.a = 2
    delete one.b
    other.a = 3
    other.c = undefined
    await save(store, 'sid', one)
    await save(store, 'sid', other)
    expect(await valuesOf(raw, 'sid')).toEqual({ a: 3 })
  })

  it('keeps a key called __proto__ as data', async () => {
    const { raw, store, one, other } = await twoRequests(JSON.parse('{"__proto__":{"admin":true},"a":1}'))
    one.a = 2
    Object.defineProperty(other, '__proto__', { value: { admin: false }, enumerable: true })
    await save(store, 'sid', one)
    await save(store, 'sid', other)
    await turn()
    expect(raw.sessions.get('sid')).toMatch(/"__proto__":\{"admin":false\},"a":2/)
  })
})
