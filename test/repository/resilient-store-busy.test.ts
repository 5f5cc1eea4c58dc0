import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Session, SessionEvent } from '../../src/index.ts'
import { echoStore, type EchoStore } from '../support/echo-store.ts'
import { signedIn, visit, world, type World } from '../support/sessions.ts'

// The store answers within a millisecond, over a real socket and from a thread of its own; it is this process that is busy.

let store: EchoStore

beforeAll(async () => void (store = await echoStore()))
afterAll(async () => store.stop())

/** Does nothing else for so long, as a process does that computes. */
function standStill(milliseconds: number): void {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

const turn = async () => new Promise((resolve) => setImmediate(resolve))
const outages = ({ events }: World): SessionEvent[] => events.filter(({ type }) => type.startsWith('store-'))

describe.each([0, 600])(
  'a process that stands still for longer than the deadline, with unconfirmedFor %i',
  (copies) => {
    const busy = () => world({ store, unconfirmedFor: copies, now: Date.now, touchAfter: 0 })

    it.each([
      ['before what it asks was written', 0],
      ['when what it asks was written, and not answered', 1],
      ['again', 2],
    ])('has not lost its store: %s', async (_, turns) => {
      const visited = busy()
      const people = Array.from({ length: 30 }, (__, index) => `user ${index}`)
      const visitors = await Promise.all(people.map(async (userId) => signedIn(visited, userId)))
      const opening = visitors.map(async ({ cookie }) => visited.sessions.open(cookie))
      for (let times = 0; times < turns; times++) await turn()
      standStill(300)
      if (turns === 2) {
        await turn()
        standStill(300)
      }

      expect((await Promise.all(opening)).map(({ outcome, userId }) => `${outcome} ${userId}`)).toEqual(
        people.map((userId) => `active ${userId}`),
      )
      expect(outages(visited)).toEqual([])
    })
  },
)

describe('a write that came too late, since the process stood still', () => {
  /** A server that stands still once, between asking for a write and sending it. */
  function stalling(): World {
    let isDue = true
    const stalled = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
      const answer = ask()
      if (isDue) standStill(300)
      isDue = false
      return answer
    }
    return world({
      now: Date.now,
      store: {
        ...store,
        create: async (...args) => stalled(async () => store.create(...args)),
        update: async (...args) => stalled(async () => store.update(...args)),
        end: async (...args) => stalled(async () => store.end(...args)),
      },
    })
  }

  it.each([
    ['a sign-in', (session: Session) => session.signIn('eve'), { userId: 'eve' }],
    ['a change', (session: Session) => (session.data['cart'] = ['milk']), { data: { cart: ['milk'] } }],
    ['a sign-out', (session: Session) => session.signOut(), { outcome: 'none' }],
  ])('is asked for again: %s', async (_, handle, expected) => {
    const visited = world({ store, now: Date.now })
    const visitor = await signedIn(visited, 'ada')
    const before = store.late
    const stalled = stalling()
    await visit(stalled.sessions, visitor, handle)

    expect(store.late).toBe(before + 1)
    expect(outages(stalled)).toEqual([])
    expect(await visited.sessions.open(visitor.cookie)).toMatchObject(expected)
  })
})
