import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { createSessions, type Session } from '../../../src/index.ts'
import { browser, type Browser } from '../../support/browser.ts'
import { secrets, secure } from '../../support/sessions.ts'
import type { Got } from './client.ts'
import type { Asked } from './host.ts'
import { serving, uncaught, type Given } from './serving.ts'

const requests = 1000
const users = 100
const atOnce = 50

/** Many users at once, and many disconnect at any moment: no user gets another's session. */
export function crowd(given: Given): void {
  it(
    `of ${requests} requests by ${users} people, with aborts at random moments, each answer is its own person’s`,
    { timeout: 120_000 },
    async () => {
      const errors = uncaught()
      const mismatched: string[] = []
      /** Answers with the session's user, and notes what is not of who asks. */
      const summary = (session: Session, { user }: Asked): string => {
        const { userId, data } = session
        if (userId !== null && userId !== user) mismatched.push(`the handler of ${user} has the session of ${userId}`)
        if ((data['owner'] ?? user) !== user) mismatched.push(`the handler of ${user} has the data of ${data['owner']}`)
        return JSON.stringify({ userId, owner: data['owner'] ?? null })
      }
      const { ask, clock } = await serving(given, {
        '/in': (session, asked) => {
          session.signIn(asked.user!)
          session.data['owner'] = asked.user
          return { body: summary(session, asked) }
        },
        '/read': async (session, asked) => {
          await delay(random() * 4)
          return { body: summary(session, asked) }
        },
        '/write': async (session, asked) => {
          const body = summary(session, asked)
          await delay(random() * 4)
          session.data['n'] = (session.data['n'] ?? 0) + 1
          session.data['owner'] = asked.user
          return { body }
        },
        '/stream': (session, asked) => {
          session.flash('info', `${asked.user}`)
          const text = summary(session, asked)
          return {
            async *body() {
              yield text.slice(0, 5)
              await delay(random() * 4)
              yield text.slice(5)
            },
          }
        },
        '/out': async (session) => {
          await delay(random() * 2)
          session.signOut()
          return { body: '{"userId":null,"owner":null}' }
        },
      })
      const paths = ['/read', '/read', '/read', '/write', '/write', '/stream', '/in', '/out']
      const people = Array.from({ length: users }, (_, n) => ({
        name: `user-${n}`,
        holds: browser({ now: clock.now }),
      }))
      const owners = ownersOf(clock.now)
      const tally = { answered: 0, left: 0, signedIn: 0 }

      async function once(n: number): Promise<void> {
        const { name, holds } = people[Math.floor(random() * users)]!
        const path = n < users ? '/in' : paths[Math.floor(random() * paths.length)]!
        const leaving = new AbortController()
        if (random() < 0.4) setTimeout(() => leaving.abort(), random() * 10)
        const headers = { 'X-User': name }
        const got = await ask(path, { cookie: holds.cookie, headers, signal: leaving.signal }).catch(() => null)
        if (got === null) return void tally.left++
        tally.answered++
        if (got.status !== 200) mismatched.push(`${path} answered ${name} with ${got.status}`)
        const { userId, owner } = JSON.parse(got.body) as Record<string, string | null>
        if (userId !== null) tally.signedIn++
        for (const whose of [userId, owner, ...(await owners(got))]) {
          if (whose !== null && whose !== name) mismatched.push(`${name} got something of ${whose} from ${path}`)
        }
        holds.receive(got.headers)
      }
      await inCrowd(requests, once)

      expect(mismatched).toEqual([])
      expect(errors).toEqual([])
      // It was a storm: some left, and most of those who stayed were signed in.
      expect(tally.left).toBeGreaterThan(requests / 20)
      expect(tally.signedIn).toBeGreaterThan(requests / 10)
    },
  )
}

/** The owners in the cookies of a response: the user and the data of each. Ended ones open here as well. */
function ownersOf(now: () => number): (got: Got) => Promise<(string | null)[]> {
  const others = createSessions({ secrets, cookie: secure, now })
  return async ({ headers }) => {
    const opened: Browser = browser({ now })
    opened.receive(headers)
    if (opened.cookie === '') return []
    const session = await others.open(opened.cookie)
    return [session.userId, (session.data['owner'] as string | undefined) ?? null]
  }
}

/** Calls a function so many times, with some of the calls running at once. */
export async function inCrowd(times: number, once: (n: number) => Promise<void>): Promise<void> {
  let next = 0
  const walk = async (): Promise<void> => {
    while (next < times) await once(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, walk))
}

/** Connections that are used again and again. */
export function sharedConnections(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  onTestFinished(() => agent.destroy())
  return agent
}

// The moments differ from run to run; who does what should not.
let seed = 1
function random(): number {
  seed = (seed * 48271) % 2147483647
  return seed / 2147483647
}
