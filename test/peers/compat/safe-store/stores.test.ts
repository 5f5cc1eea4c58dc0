import type { Store } from 'express-session'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { TrackingStore } from '../../../../src/compat/shared/express-store.ts'
import { createSafeStore } from '../../../../src/compat/shared/safe-store.ts'
import { create, end, load, newId, read, save, touch, valuesOf } from './sessions.ts'
import { stores, type OpenedStore } from './stores.ts'

for (const [name, describeStore, open] of stores) {
  describeStore(name, () => {
    let opened: OpenedStore
    let raw: Store
    let store: Store & TrackingStore
    beforeAll(async () => {
      opened = await open()
      raw = opened.store
      store = createSafeStore(raw)
    })
    afterAll(() => opened.close())

    /** Saves a session of Ada's, and returns its id. */
    async function signedIn(values: object = {}): Promise<string> {
      const sid = newId()
      await save(store, sid, create(store, { user: 'ada', ...values }))
      return sid
    }

    it('keeps what two requests wrote to different keys', async () => {
      const sid = await signedIn({ cart: ['pen'], note: 'old', seen: 1 })
      const [one, other] = [await load(store, sid), await load(store, sid)]

      one.cart.push('ink')
      delete one.note
      other.seen = 2
      await Promise.all([save(store, sid, one), save(store, sid, other)])

      expect(await valuesOf(raw, sid)).toEqual({ user: 'ada', cart: ['pen', 'ink'], seen: 2 })
    })

    it('writes the changes since the last save of the same request', async () => {
      const sid = newId()
      const session = create(store, { user: 'ada', step: 1 })
      await save(store, sid, session)
      const other = await load(store, sid)
      other.name = 'Ada'
      await save(store, sid, other)

      session.step = 2
      await save(store, sid, session)

      expect(await valuesOf(raw, sid)).toEqual({ user: 'ada', step: 2, name: 'Ada' })
    })

    it('does not bring a session back that was signed out in this process', async () => {
      const sid = await signedIn()
      const [slow, isNew] = [await load(store, sid), create(store, { user: 'ada' })]

      await end(store, sid)
      slow.seen = 1
      await Promise.all([save(store, sid, slow), save(store, sid, isNew), touch(store, sid, slow)])

      expect(await read(raw, sid)).toBeNull()
      expect(await load(store, sid)).toBeNull()
    })

    it('does not bring a session back while its sign-out is under way', async () => {
      const sid = await signedIn()
      const [slow, late] = [await load(store, sid), await load(store, sid)]

      slow.seen = 1
      late.seen = 2
      const saved = save(store, sid, slow)
      const ended = end(store, sid)
      await Promise.all([saved, ended, save(store, sid, late), touch(store, sid, late)])

      expect(await read(raw, sid)).toBeNull()
    })

    it('does not bring a session back that another process has removed', async () => {
      const sid = await signedIn()
      const slow = await load(store, sid)

      await end(raw, sid)
      slow.seen = 1
      await save(store, sid, slow)
      await touch(store, sid, slow)

      expect(await read(raw, sid)).toBeNull()
    })

    it('does not bring a session back that another process ends during a request that only reads', async () => {
      const sid = await signedIn()
      const session = await load(store, sid)

      await end(createSafeStore(raw), sid)
      await touch(store, sid, session)

      expect(await read(raw, sid)).toBeNull()
    })

    it('looks for a mark after a touch only if that may bring a session back', async () => {
      const sid = await signedIn()
      const session = await load(store, sid)
      const get = vi.spyOn(raw, 'get')

      await touch(store, sid, session)

      // The stores in memory have no marks. The touch of session-file-store reads as well.
      expect(get.mock.calls.filter(([id]) => id !== sid)).toHaveLength(name === 'session-file-store' ? 1 : 0)
      get.mockRestore()
    })

    it('ends a session at its next read if the store did not end it', async () => {
      const sid = await signedIn()
      const destroy = vi.spyOn(raw, 'destroy').mockImplementationOnce((_, callback) => callback!(new Error('is down')))

      await expect(end(store, sid)).rejects.toThrow('is down')
      expect(await read(store, sid)).toBeNull()
      destroy.mockRestore()

      expect(await read(raw, sid)).toBeNull()
      await end(store, sid)
    })

    it('extends the session of a request that changes nothing', async () => {
      const sid = await signedIn()
      const session = await load(store, sid)
      session.cookie.maxAge = 7_200_000

      await save(store, sid, session)

      expect((await read(raw, sid)).cookie.originalMaxAge).toBeCloseTo(7_200_000, -3)
    })
  })
}
