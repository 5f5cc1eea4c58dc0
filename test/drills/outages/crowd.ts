import { Agent } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { createVisitor, type Visit, type Visitor } from './visitor.ts'

/** Many visitors of one server. */
export interface Crowd {
  readonly visitors: readonly Visitor[]
  /** The results of their visits so far, except `look` and `signIn`. */
  readonly visits: readonly Visit[]
  /** Signs all of them in. */
  arrive(): Promise<void>
  /** Lets them come in steady traffic, until the function that it gives is called. */
  come(perSecond: number): () => Promise<void>
  /** All that is wrong with what the server has of them. */
  wrongs(): Promise<string[]>
  /** Closes their connections. */
  leave(): void
}

export function createCrowd(port: number, size: number): Crowd {
  const agent = new Agent({ keepAlive: true, maxSockets: size + 10 })
  const visits: Visit[] = []
  const visitors = Array.from({ length: size }, (_, n) => createVisitor(`visitor-${n}`, { port, agent, visits }))

  /** Some at a time, so that they wait for the server and not for each other. */
  async function each<Value>(ask: (visitor: Visitor) => Promise<Value>, atOnce = 20): Promise<Value[]> {
    const values: Value[] = []
    for (let at = 0; at < size; at += atOnce) {
      values.push(...(await Promise.all(visitors.slice(at, at + atOnce).map(ask))))
    }
    return values
  }

  return {
    visitors,
    visits,
    arrive: async () => void (await each(async ({ signIn }) => signIn(), 5)),
    come(perSecond) {
      const under = new Set<Promise<unknown>>()
      const idle = [...visitors]
      const began = performance.now()
      let count = 0
      const timer = setInterval(() => {
        // A visitor who still waits comes later, and is not replaced: a slow server has fewer visits, not a storm of them. So has a
        // machine that was busy: visits that it missed are not made up for.
        const due = Math.floor(((performance.now() - began) * perSecond) / 1000) - count
        count += due
        for (const visitor of idle.splice(0, Math.min(due, 2))) {
          const visit = visitor.visitAny().finally(() => {
            idle.push(visitor)
            under.delete(visit)
          })
          under.add(visit)
        }
      }, 20)
      return async () => {
        clearInterval(timer)
        await Promise.all(under)
      }
    },
    async wrongs() {
      // On a busy machine a client may still connect again. A visitor who is signed out, or sees another's page, stays so.
      const until = performance.now() + 20_000
      return (await each(async ({ wrongs }) => patiently(wrongs, until))).flat()
    },
    leave: () => agent.destroy(),
  }
}

/** Asks for the errors of a visitor, and again while the answer is a 503. */
async function patiently(wrongsOf: Visitor['wrongs'], until: number): Promise<string[]> {
  for (;;) {
    const wrongs = await wrongsOf()
    if (!wrongs.some((wrong) => wrong.endsWith(' 503')) || performance.now() > until) return wrongs
    await pause(50)
  }
}
