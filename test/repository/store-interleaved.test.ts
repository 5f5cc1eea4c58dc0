import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { isEnding } from '../../src/stores/store.ts'
import { cannotRead, threeServers } from '../suites/interleaving/backends.ts'
import { always, liveRecords, type Arrangement } from '../suites/interleaving/interleave.ts'
import { signsIn } from '../suites/interleaving/requests.ts'
import { users } from '../suites/interleaving/steps.ts'
import { stopTime } from '../support/outages.ts'

// `request/interleaved-requests` has the properties that hold without a store as well.

stopTime()

describe.each([0, 600])('sessions that live for %i s without their store', (unconfirmedFor) => {
  const backend = () => threeServers({ unconfirmedFor, touchAfter: 200 })
  const arrangement: Arrangement = { backend, bring: 'anyone', runs: 100 }

  it('a server that cannot read its store sets the user’s cookie only to change data, and keeps its secret', async () => {
    await always(arrangement, () => ({
      committed({ server, cookiesPresent, was }, set) {
        if (!server.hasStore || !cannotRead(server) || !set?.isUser) return
        expect(unconfirmedFor).toBeGreaterThan(0)
        expect(set.token.changed.length).toBeGreaterThan(0)
        expect(set.id).toBe(was.id)
        expect(cookiesPresent.map(({ secret }) => secret)).toContain(set.secret)
      },
    }))
  })

  it('a session lives without its store only if that cannot be read, for a limited time since it was confirmed', async () => {
    await always(arrangement, () => {
      const confirmed = new Map<string, number>()
      return {
        committed({ server, at }, set) {
          if (set !== null && server.hasStore && !cannotRead(server)) confirmed.set(set.id, at)
        },
        opened({ session, server, was, at }) {
          if (server.hasStore && !cannotRead(server) && was.isActive && was.id !== null) confirmed.set(was.id, at)
          if (session.outcome !== 'unconfirmed') return
          expect(cannotRead(server)).toBe(true)
          expect(at - confirmed.get(was.id!)!).toBeLessThan(unconfirmedFor * 1000)
        },
      }
    })
  })

  it('a session from before revokeAll opens at no server with the store', async () => {
    await always(arrangement, () => {
      const startOrders = new Map<string, number>()
      const rules: { userId: string; order: number; except: Session | null }[] = []
      return {
        revokedAll: (userId, order, except) => void rules.push({ userId, order, except }),
        committed({ acts, order }, set) {
          if (set?.isUser && (signsIn(acts) || !startOrders.has(set.id))) startOrders.set(set.id, order)
        },
        opened({ session, was, server }) {
          if (!server.hasStore || !was.isActive || was.userId === null) return
          const { id } = session
          const ending = rules.filter(
            ({ userId, order, except }) => userId === was.userId && order > startOrders.get(id!)! && except?.id !== id,
          )
          expect(ending).toEqual([])
        },
      }
    })
  })

  it('each live record of a user is listed at each server that can read the store', async () => {
    await always(arrangement, () => ({
      async afterStep(context) {
        const live = (await liveRecords(context)).filter(({ userId }) => userId !== null)
        for (const userId of users) {
          const ids = live.filter((record) => record.userId === userId).map(({ id }) => id)
          for (const { sessions } of context.servers.filter((server) => server.hasStore && !cannotRead(server))) {
            const list = await sessions.list(userId)
            expect(list.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
          }
        }
      },
    }))
  })

  it('a request sees the record, whichever cookie it brings', async () => {
    await always(arrangement, () => ({
      async opened({ session, was, server }, { store }) {
        if (!server.hasStore || server.cut !== null || !was.isActive || was.id === null) return
        const found = await store!.read(was.id)
        if (found === null || isEnding(found)) return
        const data = Object.entries(found.data).filter(([key]) => !key.startsWith('flash.'))
        expect(session.userId).toBe(found.userId)
        expect({ ...session.data }).toEqual(Object.fromEntries(data.map(([key, text]) => [key, JSON.parse(text)])))
      },
    }))
  })

  it('a request that cannot reach the store changes nothing that a later one can see, unless it signs out', async () => {
    await always(arrangement, () => ({
      unavailable(request, before, after) {
        if (request.acts.includes('sign out')) return
        expect(request.headers.getSetCookie()).toEqual([])
        expect(after).toBe(before)
      },
    }))
  })
})
