import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { ExpressStore } from '../../../../src/compat/shared/express-store.ts'
import { createSafeStore } from '../../../../src/compat/shared/safe-store.ts'
import { create, done, save, valuesOf } from './sessions.ts'

/** A store whose calls take effect when they are made, and are answered by `answerAll`, or at once. */
function open(marks = false) {
  const sessions = new Map<string, string>()
  const calls: string[] = []
  const waiting: (() => void)[] = []
  const state = { isHeld: false }
  const answer = (name: string, callback: () => void): void => {
    calls.push(name)
    if (state.isHeld) waiting.push(callback)
    else callback()
  }
  const raw: ExpressStore = {
    get(sid, callback) {
      const text = sessions.get(sid)
      answer(sid.startsWith('ended.') ? 'mark' : 'get', () => callback(null, text && JSON.parse(text)))
    },
    set(sid, session, callback) {
      const text = JSON.stringify(session)
      answer('set', () => {
        sessions.set(sid, text)
        callback?.()
      })
    },
    destroy: (_, callback) => answer('destroy', () => callback?.()),
  }
  const answerAll = (): void => waiting.splice(0).forEach((call) => call())
  return { store: createSafeStore(raw, { marks }), calls, state, answerAll }
}

type SafeStore = ReturnType<typeof open>['store']

/** Reads a session as the middleware does when it opens a request, and calls back in the turn of the answer. */
function read(store: SafeStore, work: (session: any) => void): void {
  const answered = (_: unknown, found?: any): void => {
    const session = { ...found }
    store.trackSession(session, found)
    work(session)
  }
  store.get('sid', answered, true)
}

/** Writes a session as the middleware does when it sends a response. */
const write = async (store: SafeStore, session: object): Promise<void> =>
  done((callback) => store.set('sid', session, callback, true))

/** Reads a session, adds a key to it, and writes it in the same turn. */
const change = async (store: SafeStore, key: string): Promise<void> =>
  new Promise((resolve, reject) => {
    read(store, (session) => {
      session[key] = 1
      write(store, session).then(resolve, reject)
    })
  })

async function openWithSession(marks = false) {
  const opened = open(marks)
  await save(opened.store, 'sid', create(opened.store))
  opened.calls.length = 0
  return opened
}

it('a request writes what it has just read without reading it again', async () => {
  const { store, calls } = await openWithSession()
  await change(store, 'one')
  expect(calls).toEqual(['get', 'set'])
  expect(await valuesOf(store, 'sid')).toEqual({ one: 1 })
})

it('looks for the mark of an end after the write', async () => {
  const { store, calls } = await openWithSession(true)
  await change(store, 'one')
  expect(calls).toEqual(['get', 'set', 'mark'])
})

it('reads again in a later turn, and for a second write', async () => {
  const { store, calls } = await openWithSession()
  let session: any
  read(store, (opened) => (session = opened))
  await turn()
  await write(store, session)
  expect(calls).toEqual(['get', 'get', 'set'])
  await write(store, session)
  expect(calls).toEqual(['get', 'get', 'set', 'get', 'set'])
})

it('reads again if another request has written since the read', async () => {
  const { store, state, answerAll } = await openWithSession()
  state.isHeld = true
  const both = Promise.all([change(store, 'one'), change(store, 'two')])
  for (let step = 0; step < 6; step++) {
    answerAll()
    await turn()
  }
  await both
  state.isHeld = false
  expect(await valuesOf(store, 'sid')).toEqual({ one: 1, two: 1 })
})

it('reads again if it read during the write of another request', async () => {
  const { store, state, answerAll } = await openWithSession()
  let first: Promise<void> | undefined
  read(store, (session) => {
    session.one = 1
    state.isHeld = true
    first = write(store, session)
  })
  // It is answered before the write is.
  state.isHeld = false
  const second = change(store, 'two')
  answerAll()
  await Promise.all([first, second])
  expect(await valuesOf(store, 'sid')).toEqual({ one: 1, two: 1 })
})

it('reads again if a write began and ended during the read', async () => {
  const { store, state, answerAll } = await openWithSession()
  state.isHeld = true
  const second = change(store, 'two')
  state.isHeld = false
  await save(store, 'sid', { cookie: {}, one: 1 })
  answerAll()
  await second
  expect(await valuesOf(store, 'sid')).toEqual({ one: 1, two: 1 })
})
