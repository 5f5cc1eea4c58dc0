import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { anySteps, effect, enters, interleave, type Watcher } from '../suites/interleaving/cookies.ts'

const always = async (watcher: () => Watcher, numRuns = 300) =>
  fc.assert(
    fc.asyncProperty(anySteps, async (steps) => interleave(steps, watcher())),
    { numRuns },
  )

it('only sign-in, renewal, refresh and change of a signed-in session set the user’s cookie; only a sign-out clears it', async () => {
  await always(() => ({
    committed(request) {
      const set = effect(request, '__Host-session')
      const { acts, was, failed, brought } = request
      if (set === '') {
        expect(acts).toContain('sign out')
        expect(brought).toContain('__Host-session=')
      }
      if (set) expect(was.userId !== null || (enters(acts) && !failed)).toBe(true)
      const out = acts.lastIndexOf('sign out')
      if (set && out !== -1) expect(enters(acts.slice(out)) && !failed).toBe(true)
    },
  }))
})

it('a guest’s request that does not sign in touches no cookie but the guest’s, and a user’s none but the user’s', async () => {
  await always(() => ({
    committed(request) {
      const { acts, was } = request
      if (enters(acts) || acts.includes('sign out')) return
      expect(effect(request, was.userId === null ? '__Host-session' : '__Host-guest')).toBeUndefined()
    },
  }))
})

it('a session that ended never opens again, and a token older than a renewal opens nothing', async () => {
  await always(() => {
    const ended = new Set<string>()
    const stale = new Set<string>()
    return {
      committed(request) {
        const { was, acts, failed, session, brought } = request
        if (was.id !== null && acts.includes('sign out')) ended.add(was.id)
        if (was.id === null || failed) return
        if (enters(acts) && session.id !== was.id) ended.add(was.id)
        const name = was.userId === null ? '__Host-guest' : '__Host-session'
        const renewed = (acts.includes('renew') || enters(acts)) && session.id === was.id
        if (renewed && effect(request, name)) stale.add(cookieNamed(name, brought))
      },
      replayed(session: Session, cookie) {
        if (session.outcome !== 'active') return
        expect(ended).not.toContain(session.id)
        expect(stale).not.toContain(cookie)
      },
    }
  }, 500)
})

const cookieNamed = (name: string, header: string): string =>
  header.split('; ').find((cookie) => cookie.startsWith(`${name}=`))!

it('no cookie of a guest opens as a user, and each user’s cookie opens as that user alone', async () => {
  await always(() => {
    const owners = new Map<string, string>()
    return {
      committed({ session: { id, userId } }) {
        if (id !== null && userId !== null && !owners.has(id)) owners.set(id, userId)
      },
      replayed(session, cookie) {
        if (session.outcome !== 'active') return
        if (cookie.startsWith('__Host-guest=')) expect(session.userId).toBeNull()
        else expect(session.userId).toBe(owners.get(session.id!))
      },
    }
  })
})

it('a request that sets no cookie changed nothing that a later one can see', async () => {
  await always(() => {
    const seen = new Map<string, string>()
    return {
      replayed(session, cookie) {
        if (session.outcome !== 'active') return
        const now = JSON.stringify([session.id, session.userId, session.signedInAt, session.data])
        expect(seen.get(cookie) ?? now).toBe(now)
        seen.set(cookie, now)
      },
    }
  })
})
