import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isEnding } from '../../src/stores/store.ts'
import { cannotRead, inStore, threeServers } from '../suites/interleaving/backends.ts'
import { always, liveRecords, type Arrangement, type RevokedAll } from '../suites/interleaving/interleave.ts'
import { signsIn } from '../suites/interleaving/requests.ts'
import { anyoneSteps, revocationSteps, users } from '../suites/interleaving/steps.ts'
import { stopTime } from '../support/outages.ts'

// `request/interleaved-requests` has the properties that hold without a store as well.

stopTime()

describe.each([0, 600])('sessions that live for %i s without their store', (unconfirmedFor) => {
  const backend = () => threeServers({ unconfirmedFor, touchAfter: 200 })
  const arrangement: Arrangement = { backend, bring: 'anyone', runs: 100 }
  const revocations = { ...arrangement, steps: fc.oneof(anyoneSteps(), revocationSteps()), runs: 200 }

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
    await always(revocations, () => {
      const startOrders = new Map<string, number>()
      const rules: RevokedAll[] = []
      return {
        revokedAll: (revocation) => void (revocation.exceptEnded || rules.push(revocation)),
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

  it('revokeAll leaves only the session to keep, or says that it has ended and does nothing', async () => {
    await always(revocations, () => ({
      async revokedAll({ userId, exceptId, exceptEnded }, { store }) {
        const records = (await store!.records()).filter((record) => record.userId === userId)
        const ids = records.map(({ id }) => id)
        if (exceptEnded) expect(ids).not.toContain(exceptId)
        else expect(ids.filter((id) => id !== exceptId)).toEqual([])
      },
    }))
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
        const found = await store!.read({ id: was.id, userId: was.userId })
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

it('a user never has more sessions than maxSessions', async () => {
  // No session idles out, because a slow request may then use one that did not count any more.
  const options = { maxSessions: 2, idleTimeout: 1e8, absoluteTimeout: 1e8 }
  const arrangement: Arrangement = { backend: () => inStore(2, options), bring: 'anyone', runs: 200 }
  await always(arrangement, () => ({
    async afterStep(context) {
      const live = await liveRecords(context)
      for (const userId of users) expect(live.filter((record) => record.userId === userId).length).toBeLessThan(3)
    },
  }))
})
