import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Session } from '../src/index.ts'
import { isEnding } from '../src/store.ts'
import { anySteps, users } from './support/interleaving-steps.ts'
import { effect, enters, interleave, liveRecords, type Watcher } from './support/interleaving-stores.ts'

const always = async (watcher: () => Watcher, numRuns = 400) =>
  fc.assert(
    fc.asyncProperty(anySteps, async (steps) => interleave(steps, watcher())),
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

it('a session that ended is opened by no token at any server that has the store', async () => {
  await always(() => {
    const ended = new Set<string>()
    return {
      revoked: (id) => void ended.add(id),
      committed(request, set) {
        const { was, acts, hasStore, hadRecord, failed } = request
        if (was.id === null || !hasStore || (was.userId === null && !hadRecord)) return
        const entered = set?.isUser === true && set.id !== was.id && !failed
        if (acts.includes('sign out') || entered) ended.add(was.id)
      },
      opened({ session, was, hasStore }) {
        if (hasStore && was.isActive) expect(ended).not.toContain(session.id)
      },
    }
  })
})

it('what a user began before all of theirs was ended opens nowhere that has the store', async () => {
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

it('every live record of a user is listed at every server that has the store', async () => {
  await always(() => ({
    async settled(context) {
      const live = (await liveRecords(context)).filter(({ userId }) => userId !== null)
      for (const userId of users) {
        const ids = live.filter((record) => record.userId === userId).map(({ id }) => id)
        for (const { sessions } of context.servers.slice(0, 2)) {
          const list = await sessions.list(userId)
          expect(list.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
        }
      }
    },
  }))
})

it('no token older than a renewal, and no guest’s, opens as the user', async () => {
  await always(() => {
    const renewed = new Map<string, string>()
    return {
      committed({ acts, was, hasStore }, set) {
        const isRenewal = acts.includes('renew') || enters(acts)
        if (hasStore && isRenewal && set?.isUser && set.id === was.id) renewed.set(set.id, set.secret)
      },
      opened({ session, hasStore }, brought) {
        if (session.outcome !== 'active' || session.userId === null) return
        const mine = brought.filter(({ id }) => id === session.id)
        expect(mine.every(({ isUser }) => isUser)).toBe(true)
        const secret = renewed.get(session.id!)
        if (hasStore && secret !== undefined) expect(mine.map((each) => each.secret)).toContain(secret)
      },
    }
  })
})

it('a request sees the record, whichever token came', async () => {
  await always(() => ({
    async opened({ session, was, hasStore }, _, { store }) {
      if (!hasStore || !was.isActive || was.id === null) return
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
