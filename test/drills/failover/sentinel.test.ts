import { describe, expect, it, vi } from 'vitest'
import { describeRedis } from '../../support/servers/redis.ts'
import { eventually, inRun, withRetry, sentinelClients, type Run, type Server } from './runs.ts'

// Each has three servers.
vi.setConfig({ maxConcurrency: 4 })

const durability = { replicas: 1, within: 0.3 } // on a machine that runs many of these at once
const names = Object.keys(sentinelClients)
const runs = Array.from({ length: 20 }, (_, n) => [n + 1, names[n % names.length]!] as const)

/** The fate of sessions that were ended before a replica took over that had not received the endings. */
interface Ended {
  readonly what: string
  readonly isConfirmed: boolean
  /** How it opens at a server that knew nothing of it, once the replica has taken over. */
  readonly outcome: string
  /** How it opened at last. */
  readonly later: string
}

/** Ends sessions in each way, some before the replica freezes and some after, and lets the replica take over. */
async function endAndFailOver(
  { set, open }: Run,
  options?: Parameters<Run['open']>[0],
  timeoutSeconds = 10,
): Promise<Ended[]> {
  const [here, there, unaware] = [await open(options), await open(options), await open(options)]
  const people = ['early', 'revoked', 'all', 'left'].map(async (who) => withRetry(() => here.signIn(who)))
  const [early, revoked, all, left] = (await Promise.all(people)) as [Person, Person, Person, Person]
  const ended: [string, boolean, Person][] = []

  ended.push(['early', (await here.sessions.revoke('early', early.id)).confirmed, early])
  set.freezeReplica()
  const [one, every, isLeft] = await Promise.all([
    here.sessions.revoke('revoked', revoked.id),
    here.sessions.revokeAll('all'),
    signOut(here, left),
  ])
  expect(one.ended).toBe(1)
  // Perhaps with a sign-in that was not confirmed, and has been tried again.
  expect(every.ended).toBeGreaterThan(0)
  ended.push(['revoked', one.confirmed, revoked], ['all', every.confirmed, all], ['left', isLeft, left])
  // No server accepts them again meanwhile.
  for (const [, , { cookie }] of ended) {
    expect(await here.outcomeOf(cookie)).toMatch(/^(revoked|ended)$/)
    expect(await there.outcomeOf(cookie)).toMatch(/^(revoked|ended)$/)
  }

  await set.failOver()
  return Promise.all(
    ended.map(async ([what, isConfirmed, { cookie }]) => {
      const outcome = await unaware.outcomeOf(cookie)
      let later: string = outcome
      await eventually(async () => (later = await unaware.outcomeOf(cookie)) !== 'active', timeoutSeconds)
      // Servers that knew of the end refuse it, whatever the replica has.
      expect(await here.outcomeOf(cookie)).toMatch(/^(revoked|ended)$/)
      expect(await there.outcomeOf(cookie)).toMatch(/^(revoked|ended)$/)
      return { what, isConfirmed, outcome, later }
    }),
  )
}

type Person = Awaited<ReturnType<Server['signIn']>>

/** Whether the sign-out was confirmed at once, as its event says. */
async function signOut({ sessions, events }: Server, { cookie, id }: Person): Promise<boolean> {
  const session = await sessions.open(cookie)
  session.signOut()
  await sessions.commit(session)
  const event = events.find((event) => event.type === 'ended' && event.id === id)
  return event?.type === 'ended' && event.confirmed
}

describeRedis('a replica that takes over without having received the endings', () => {
  const found: Ended[] = []

  describe('if the store waits for it', () => {
    it.concurrent.each(runs)(
      'run %i, by %s: brings back nothing that was confirmed, and nothing for long',
      async (_, by) => {
        const ended = await inRun(by, async (run) => endAndFailOver(run, durability))
        found.push(...ended)

        const confirmed = ended.filter(({ isConfirmed }) => isConfirmed).map(({ what }) => what)
        expect(confirmed.filter((what) => what !== 'early')).toEqual([])
        expect(ended.filter(({ isConfirmed, outcome }) => isConfirmed && outcome === 'active')).toEqual([])
        expect(ended.filter(({ later }) => later === 'active')).toEqual([])
      },
      60_000,
    )

    it('had sessions that came back for a moment, so that it was tried', () => {
      expect(found).toHaveLength(80)
      expect(found.some(({ outcome, isConfirmed }) => outcome === 'active' && !isConfirmed)).toBe(true)
      // A machine may be too busy for some.
      expect(found.filter(({ isConfirmed }) => isConfirmed).length).toBeGreaterThan(10)
    })
  })

  it('brings them back, though they were confirmed, where nobody waits for it', async () => {
    const ended = await inRun('ioredis', async (run) => endAndFailOver(run, undefined, 2))
    const back = ended.filter(({ isConfirmed, later }) => isConfirmed && later === 'active').map(({ what }) => what)
    expect(back).toEqual(expect.arrayContaining(['revoked', 'all', 'left']))
  }, 60_000)

  it.concurrent.each(names)(
    'by %s: an unconfirmed end is reported as confirmed when there is a replica again',
    async (by) => {
      await inRun(by, async (run) => {
        const [here, there] = [await run.open(durability), await run.open(durability)]
        const people = ['ada', 'bob', 'cid'].map(async (who) => withRetry(() => here.signIn(who)))
        const [person, other, third] = (await Promise.all(people)) as [Person, Person, Person]
        run.set.freezeReplica()
        expect(await here.sessions.revoke('ada', person.id)).toEqual({ ended: 1, confirmed: false })
        expect(await there.sessions.revoke('ada', person.id)).toEqual({ ended: 0, confirmed: false })
        // Nor to either of two who end one at the same time.
        const both = await Promise.all([here, there].map(({ sessions }) => sessions.revoke('cid', third.id)))
        expect(both.map(({ confirmed }) => confirmed)).toEqual([false, false])
        expect(both[0]!.ended + both[1]!.ended).toBe(1)
        await run.set.failOver()
        // The one that is left has no replica: nobody is signed in meanwhile, and nobody who is signed in is turned away.
        await expect(here.signIn('eve')).rejects.toMatchObject({ status: 503 })
        expect(await there.outcomeOf(other.cookie)).toBe('active')
        expect(here.events.filter((event) => event.type === 'ended' && event.id === person.id)).toEqual([
          { type: 'ended', reason: 'revoked', id: person.id, userId: 'ada', confirmed: false },
        ])

        await run.set.rejoin()
        const confirmed = { type: 'ended', reason: 'revoked', id: person.id, userId: null, confirmed: true }
        await eventually(() =>
          here.events.some((event) => event.type === 'ended' && event.id === person.id && event.confirmed),
        )
        expect(here.events).toContainEqual(confirmed)
        expect(await there.sessions.revoke('ada', person.id)).toEqual({ ended: 0, confirmed: true })
        expect(await there.outcomeOf(person.cookie)).toBe('revoked')
        for (const { sessions } of [here, there]) {
          expect(await sessions.revoke('cid', third.id)).toEqual({ ended: 0, confirmed: true })
        }
        expect(await there.outcomeOf(third.cookie)).toBe('revoked')
        expect((await withRetry(() => here.signIn('eve'))).id).toBeTruthy()
        expect(await there.sessions.list('eve')).not.toEqual([])
      })
    },
    60_000,
  )
})
