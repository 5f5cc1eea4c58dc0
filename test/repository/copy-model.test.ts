import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { browser } from '../support/browser.ts'
import { stoppedClock } from '../support/clock.ts'
import { stopTime, wait } from '../support/outages.ts'
import { signedIn, visit } from '../support/sessions.ts'
import { storeWorld, testStore, verbs } from '../support/stores.ts'

// One visitor opens one page after another, at two servers whose connections to the store fail and recover. The model is a
// plain object, and each page must show it.

stopTime()

interface Model {
  data: Record<string, number>
  messages: string[]
}

const changes = {
  set: (session: Session, key: string, n: number) => (session.data[key] = n),
  remove: (session: Session, key: string) => delete session.data[key],
  update: (session: Session, key: string, n: number) => session.update(key, (before = 0) => before + n),
  flash: (session: Session, key: string, n: number) => session.flash('info', `${key}${n}`),
  take: (session: Session) => session.takeFlashes(),
  read: (session: Session) => session.data,
}
type Change = keyof typeof changes

const kinds = fc.constantFrom(...(Object.keys(changes) as Change[]))
const page = fc.record({
  do: fc.constant('page' as const),
  change: kinds,
  key: fc.constantFrom('a', 'a', 'a', 'b', '__proto__'),
  n: fc.nat(3),
  failed: fc.nat(7).map((n) => n === 0),
  seconds: fc.constantFrom(0, 1, 100),
})
const outage = fc.record({
  do: fc.constant('cut' as const),
  how: fc.constantFrom('off' as const, 'deaf' as const),
  server: fc.nat(1),
})
const steps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: page },
    { weight: 2, arbitrary: outage },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('back' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('move' as const) }) },
  ),
  { minLength: 5, maxLength: 40 },
)
type Step = typeof steps extends fc.Arbitrary<(infer One)[]> ? One : never

/** Sorted entries, because the comparison of objects ignores `__proto__`. */
const entriesOf = (data: object) => Object.entries(data).toSorted(([one], [other]) => (one < other ? -1 : 1))

async function run(all: readonly Step[], isUser: boolean): Promise<void> {
  const clock = stoppedClock()
  const store = testStore(memoryStore({ now: clock.now }))
  const servers = [0, 1].map(() => {
    const way = testStore(store)
    return { way, ...storeWorld({ unconfirmedFor: 100_000 }, way, clock) }
  })
  const visitor = isUser ? await signedIn({ ...servers[0]!, clock }) : browser({ now: clock.now })
  let model: Model = { data: {}, messages: [] }
  let at = 0

  async function openPage({ change, key, n, failed, seconds }: Step & { do: 'page' }): Promise<void> {
    // A moment at least, because the times of changes order them.
    clock.advance(seconds + 0.001)
    const { sessions } = servers[at]!
    const next: Model = { data: { ...model.data }, messages: [...model.messages] }
    let seen: unknown
    await visit(
      sessions,
      visitor,
      (session) => {
        const data = entriesOf(session.data)
        const messages = change === 'take' ? session.takeFlashes().map(({ message }) => message) : []
        seen = { data, messages }
        changes[change](session, key, n)
      },
      { failed },
    )
    expect(seen).toEqual({ data: entriesOf(model.data), messages: change === 'take' ? model.messages : [] })
    if (failed) return
    const put = (value: number) =>
      Object.defineProperty(next.data, key, { value, enumerable: true, configurable: true, writable: true })
    if (change === 'set') put(n)
    if (change === 'remove') delete next.data[key]
    if (change === 'update') put((Object.hasOwn(next.data, key) ? next.data[key]! : 0) + n)
    if (change === 'flash') next.messages.push(`${key}${n}`)
    if (change === 'take') next.messages = []
    model = next
  }

  for (const step of all) {
    if (step.do === 'page') await openPage(step)
    if (step.do === 'move') at = 1 - at
    if (step.do === 'cut') {
      // Before anything is done, or with the answer lost.
      servers[step.server]!.way.fail(verbs, step.how === 'off' ? 'before' : 'after')
      await wait(1)
    }
    if (step.do === 'back') {
      for (const server of servers) server.way.heal()
      await wait(2)
    }
  }
}

it.each([
  ['a user', true],
  ['a guest', false],
])('%s sees all earlier changes, whichever outages and lost answers there were', async (_, isUser) => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => run(all, isUser)),
    { numRuns: 200 },
  )
})
