import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/util/sha256.ts'
import {
  cannotRead,
  inCookies,
  inStore,
  threeServers,
  type Notices,
  type Server,
} from '../suites/interleaving/backends.ts'
import { always, type Arrangement } from '../suites/interleaving/interleave.ts'
import { effect, signsIn } from '../suites/interleaving/requests.ts'
import { outageSteps } from '../suites/interleaving/steps.ts'
import { stopTime } from '../support/outages.ts'

stopTime()

const cookies: Arrangement = { backend: inCookies, bring: 'browser', runs: 300 }
const outages = (unconfirmedFor: number) => () => threeServers({ unconfirmedFor, touchAfter: 200 })

const arrangements: (Arrangement & { where: string; unconfirmedFor: number })[] = [
  { where: 'in cookies', unconfirmedFor: 0, ...cookies },
  { where: 'in a store, at two servers', unconfirmedFor: 0, backend: () => inStore(2), bring: 'browser', runs: 100 },
  { where: 'in a store that fails', unconfirmedFor: 0, backend: outages(0), bring: 'anyone', runs: 100 },
  {
    where: 'in a store that fails, with a copy in the cookie',
    unconfirmedFor: 600,
    backend: outages(600),
    bring: 'anyone',
    runs: 100,
  },
]

describe.each(arrangements)('requests at once, with sessions $where', ({ unconfirmedFor, ...arrangement }) => {
  it('set the user’s cookie only after a sign-in or for a signed-in user, and clear it only after a sign-out', async () => {
    await always(arrangement, () => ({
      committed(request) {
        const set = effect(request)
        const { acts, was, failed, header } = request
        if (set === undefined) return
        if (set === '') {
          expect(acts).toContain('sign out')
          expect(header).toContain('__Host-Http-session=')
          return
        }
        const sinceSignOut = acts.slice(acts.lastIndexOf('sign out') + 1)
        const isStillSignedIn = was.userId !== null && sinceSignOut.length === acts.length
        expect(isStillSignedIn || (signsIn(sinceSignOut) && !failed)).toBe(true)
      },
    }))
  })

  it('never open a session that ended, at a server that knows of its end', async () => {
    await always(arrangement, () => {
      const ended = new Map<string, number>()
      const pending = new Map<Server, Set<string>>()
      let now = 0
      const end = (id: string) => void (ended.has(id) || ended.set(id, now))
      return {
        revoked: end,
        afterStep: (context) => void (now = context.now),
        committed({ was, acts, hadRecord, failed, server }, set) {
          if (was.id === null || !server.knowsEnds || (was.userId === null && !hadRecord)) return
          // A guest whom no store has confirmed is only a cookie, so there is nothing to end.
          if (cannotRead(server) && was.isActive) return
          const entered = set?.isUser === true && set.id !== was.id && !failed
          if (!acts.includes('sign out') && !entered) return
          if (cannotRead(server)) pending.set(server, (pending.get(server) ?? new Set()).add(was.id))
          else end(was.id)
        },
        reconnected(server) {
          for (const id of pending.get(server) ?? []) end(id)
          pending.delete(server)
        },
        opened({ session, was, server, at }) {
          if (!server.knowsEnds) return
          if (was.isActive && cannotRead(server)) expect(was.userId).toBeNull()
          else if (was.isActive) expect([...ended.keys()]).not.toContain(was.id)
          // A server that is cut off knows what it ended itself, and learns late what others ended.
          if (session.outcome !== 'unconfirmed') return
          expect([...(pending.get(server) ?? [])]).not.toContain(was.id)
          if (ended.has(was.id!)) expect(at - ended.get(was.id!)!).toBeLessThan(unconfirmedFor * 1000)
        },
      }
    })
  })

  it('never open a session by a cookie older than its renewal, at a server that knows of it', async () => {
    await always(arrangement, () => {
      const renewed = new Map<string, { secret: string; at: number }>()
      return {
        committed({ acts, was, server, failed, at }, set) {
          const isRenewal = (acts.includes('renew') || signsIn(acts)) && !failed
          if (!server.knowsEnds || !isRenewal || set?.id !== was.id) return
          if (set?.isUser || !server.hasStore) renewed.set(set!.id, { secret: set!.secret, at })
        },
        opened({ session, was, cookiesPresent, server, at }) {
          const last = renewed.get(was.id!)
          if (!server.knowsEnds || last === undefined) return
          const own = cookiesPresent.filter(({ id }) => id === was.id)
          if (own.some(({ secret }) => secret === last.secret)) return
          expect(session.outcome).toBe('unconfirmed')
          expect(at - last.at).toBeLessThan(unconfirmedFor * 1000)
        },
      }
    })
  })

  it('never open a user’s session by a guest’s cookie, nor as another user', async () => {
    await always(arrangement, () => {
      const owners = new Map<string, string>()
      return {
        committed({ session }, set) {
          if (set?.isUser && !owners.has(set.id)) owners.set(set.id, session.userId!)
        },
        opened({ cookiesPresent, was }) {
          if (was.userId === null) return
          const own = cookiesPresent.filter(({ id }) => id === was.id)
          expect(new Set(own.map(({ isUser }) => isUser))).toEqual(new Set([true]))
          expect(was.userId).toBe(owners.get(was.id!))
        },
      }
    })
  })
})

describe.each<Notices>(['in order', 'shuffled', 'none'])('requests at once, with notices: %s', (notices) => {
  const backend = () => threeServers({ unconfirmedFor: 600, touchAfter: 200 }, notices)
  const arrangement: Arrangement = { backend, bring: 'anyone', steps: outageSteps(), runs: 150 }

  it('never open what their server has learned is over: by its own acts, by reads, or by notices', async () => {
    await always(arrangement, () => {
      /** The ids and secrets that each server knows to be over. */
      const learned = new Map<Server, Set<string>>()
      const learn = (server: Server, name: string) =>
        void learned.set(server, (learned.get(server) ?? new Set()).add(name))
      return {
        afterStep({ servers }) {
          for (const server of servers)
            for (const notice of server.heard) learn(server, 'ended' in notice ? notice.id : notice.replacedHash)
        },
        revoked: (id, server) => learn(server, id),
        committed({ was, acts, server, cookiesPresent: [cookie] }, set) {
          // A guest whom no store has confirmed is only a cookie.
          if (!server.hasStore || (was.userId === null && cookie?.token.confirmedAt === null)) return
          if (acts.includes('sign out') && was.userId !== null) learn(server, was.id!)
          const isRenewal = set !== null && set.id === cookie?.id && set.secret !== cookie.secret
          if (isRenewal) learn(server, sha256(cookie.secret))
        },
        opened({ session, was, cookiesPresent, server }) {
          if (!server.hasStore) return
          const [cookie] = cookiesPresent
          if (cookie !== undefined && ['ended', 'revoked'].includes(session.outcome))
            learn(server, sha256(cookie.secret))
          const known = learned.get(server)
          if (known === undefined || was.id === null) return
          expect([...known]).not.toContain(was.id)
          if (cookie?.id === was.id) expect([...known]).not.toContain(sha256(cookie.secret))
        },
      }
    })
  })
})

describe('requests at once, with sessions in cookies alone', () => {
  it('change the guest’s cookie only, or the user’s only, unless they sign in or out', async () => {
    await always(cookies, () => ({
      committed(request) {
        const { acts, was } = request
        if (signsIn(acts) || acts.includes('sign out')) return
        expect(effect(request, was.userId === null ? '__Host-Http-session' : '__Host-Http-guest')).toBeUndefined()
      },
    }))
  })

  it('change nothing that a later one can see, unless they set a cookie', async () => {
    await always(cookies, () => {
      const seen = new Map<string, string>()
      return {
        opened({ session, header, isReplay }) {
          if (!isReplay || session.outcome !== 'active') return
          const now = JSON.stringify([session.id, session.userId, session.signedInAt, session.data])
          expect(seen.get(header) ?? now).toBe(now)
          seen.set(header, now)
        },
      }
    })
  })
})
