import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { isEnding } from '../../src/stores/store.ts'
import { isLost, type Server } from '../suites/interleaving/backends.ts'
import { anySteps, users } from '../suites/interleaving/steps.ts'
import { effect, enters, interleave, liveRecords, type Watcher } from '../suites/interleaving/interleave.ts'
import { stopTime } from '../support/outages.ts'

stopTime()

describe.each([0, 600])('where sessions go on without their store for %i s', (unconfirmedFor) => {
  const always = async (watcher: () => Watcher, numRuns = 100) =>
    fc.assert(
      fc.asyncProperty(anySteps, async (steps) => interleave(steps, watcher(), { unconfirmedFor, touchAfter: 200 })),
      { numRuns },
    )

  it('only a sign-in, or a request of a signed-in session that is alive, sets the user’s cookie; only a sign-out clears it', async () => {
    await always(() => ({
      committed(request) {
        const set = effect(request)
        const { acts, was, failed, header } = request
        if (set === undefined) return
        if (set === '') {
          expect(acts).toContain('sign out')
          expect(header).toContain('__Host-session=')
          return
        }
        const after = acts.slice(acts.lastIndexOf('sign out') + 1)
        const goesOn = was.userId !== null && after.length === acts.length
        expect(goesOn || (enters(after) && !failed)).toBe(true)
      },
    }))
  })

  it('a server that is cut off sets the user’s cookie for a change of its data only, and with the secret that came', async () => {
    await always(() => ({
      committed({ server, brought, was }, set) {
        if (!server.hasStore || !isLost(server) || !set?.isUser) return
        expect(unconfirmedFor).toBeGreaterThan(0)
        expect(set.token.changed.length).toBeGreaterThan(0)
        expect(set.id).toBe(was.id)
        expect(brought.map(({ secret }) => secret)).toContain(set.secret)
      },
    }))
  })

  it('a session that ended is opened by no token at any server that can ask the store', async () => {
    await always(() => {
      const ended = new Map<string, number>()
      const pending = new Map<Server, Set<string>>()
      let now = 0
      const end = (id: string) => void (ended.has(id) || ended.set(id, now))
      return {
        revoked: end,
        settled: (context) => void (now = context.now),
        committed(request, set) {
          const { was, acts, hasStore, hadRecord, failed, server } = request
          if (was.id === null || !hasStore || (was.userId === null && !hadRecord)) return
          // A guest of whom no store has answered is nothing but a cookie where none can be asked, and has nothing to end.
          if (isLost(server) && was.isActive) return
          const entered = set?.isUser === true && set.id !== was.id && !failed
          if (!acts.includes('sign out') && !entered) return
          if (isLost(server)) pending.set(server, (pending.get(server) ?? new Set()).add(was.id))
          else end(was.id)
        },
        back(server) {
          for (const id of pending.get(server) ?? []) end(id)
          pending.delete(server)
        },
        opened({ session, was, hasStore, server, at }) {
          if (!hasStore) return
          if (was.isActive && isLost(server)) expect(was.userId).toBeNull()
          else if (was.isActive) expect([...ended.keys()]).not.toContain(was.id)
          // One that is cut off remembers what it ended itself, and goes on for so long from what others ended.
          if (session.outcome !== 'unconfirmed') return
          expect([...(pending.get(server) ?? [])]).not.toContain(was.id)
          if (ended.has(was.id!)) expect(at - ended.get(was.id!)!).toBeLessThan(unconfirmedFor * 1000)
        },
      }
    })
  })

  it('a session goes on without its store only where that cannot be asked, and for so long since it was confirmed', async () => {
    await always(() => {
      const confirmed = new Map<string, number>()
      return {
        committed({ server, at }, set) {
          if (set !== null && server.hasStore && !isLost(server)) confirmed.set(set.id, at)
        },
        opened({ session, server, was, at }) {
          if (server.hasStore && !isLost(server) && was.isActive && was.id !== null) confirmed.set(was.id, at)
          if (session.outcome !== 'unconfirmed') return
          expect(isLost(server)).toBe(true)
          expect(at - confirmed.get(was.id!)!).toBeLessThan(unconfirmedFor * 1000)
        },
      }
    })
  })

  it('what a user began before all of theirs was ended opens nowhere that can ask the store', async () => {
    await always(() => {
      const began = new Map<string, number>()
      const rules: { userId: string; order: number; spared: Session | null }[] = []
      return {
        revokedAll: (userId, order, spared) => void rules.push({ userId, order, spared }),
        committed({ acts, order }, set) {
          if (set?.isUser && (enters(acts) || !began.has(set.id))) began.set(set.id, order)
        },
        opened({ session, was, hasStore }) {
          if (!hasStore || !was.isActive || was.userId === null) return
          const { id } = session
          const ending = rules.filter(
            ({ userId, order, spared }) => userId === was.userId && order > began.get(id!)! && spared?.id !== id,
          )
          expect(ending).toEqual([])
        },
      }
    })
  })

  it('every live record of a user is listed at every server that can ask the store', async () => {
    await always(() => ({
      async settled(context) {
        const live = (await liveRecords(context)).filter(({ userId }) => userId !== null)
        for (const userId of users) {
          const ids = live.filter((record) => record.userId === userId).map(({ id }) => id)
          for (const { sessions } of context.servers.filter((server) => server.hasStore && !isLost(server))) {
            const list = await sessions.list(userId)
            expect(list.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
          }
        }
      },
    }))
  })

  it('no token older than a renewal, and no guest’s, opens as the user, where the store can be asked', async () => {
    await always(() => {
      const renewed = new Map<string, { secret: string; at: number }>()
      return {
        committed({ acts, was, hasStore, failed, at }, set) {
          const isRenewal = (acts.includes('renew') || enters(acts)) && !failed
          if (hasStore && isRenewal && set?.isUser && set.id === was.id) renewed.set(set.id, { secret: set.secret, at })
        },
        opened({ session, hasStore, at }, brought) {
          if (session.outcome === 'unavailable' || session.userId === null) return
          const mine = brought.filter(({ id }) => id === session.id)
          expect(mine.every(({ isUser }) => isUser)).toBe(true)
          const last = renewed.get(session.id!)
          if (!hasStore || last === undefined || mine.some(({ secret }) => secret === last.secret)) return
          expect(session.outcome).toBe('unconfirmed')
          expect(at - last.at).toBeLessThan(unconfirmedFor * 1000)
        },
      }
    })
  })

  it('a request sees the record, whichever token came', async () => {
    await always(() => ({
      async opened({ session, was, server }, _, { store }) {
        if (!server.hasStore || server.cut !== null || !was.isActive || was.id === null) return
        const found = await store.read(was.id)
        if (found === null || isEnding(found)) return
        const data = Object.entries(found.data).filter(([key]) => !key.startsWith('flash.'))
        expect(session.userId).toBe(found.userId)
        expect({ ...session.data }).toEqual(Object.fromEntries(data.map(([key, text]) => [key, JSON.parse(text)])))
      },
    }))
  })

  it('a request that cannot be told changes nothing that a later one can see, unless it signs out', async () => {
    await always(() => ({
      blind(request, before, after) {
        if (request.acts.includes('sign out')) return
        expect(request.headers.getSetCookie()).toEqual([])
        expect(after).toBe(before)
      },
    }))
  })
})
