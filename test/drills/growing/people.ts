import { Agent } from 'node:http'
import { ask } from '../../suites/adapters/client.ts'
import type { Page, Shop } from '../outages/shop.ts'
import { createVisitor, type Visit, type Visitor } from '../outages/visitor.ts'

/** Visitors who come all the time, and others who sign out on the way. */
export interface People {
  readonly visits: readonly Visit[]
  /** Lets each who is signed in come once; those who are away most of the time do not come otherwise. */
  all(): Promise<void>
  /** Signs a user out, at one server. */
  leave(shop: Shop): Promise<Left>
  /** Every cookie of each who came to stay, of all that they ever had, by their name. */
  cookies(): ReadonlyMap<string, ReadonlySet<string>>
  /** All that is wrong with what the servers have of those who come. */
  wrongs(): Promise<string[]>
  /** Lets nobody come by themselves, until `resume`. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}

/** A user who signed out. */
export interface Left {
  readonly name: string
  /** The server where they did. */
  readonly shop: Shop
  /** Every cookie of their session that they ever had, as `name=value`. */
  readonly cookies: readonly string[]
  /** The user whom a server sees in their own browser. */
  comeBack(shop: Shop): Promise<string>
}

/** The answer of a server to a cookie: a name, `'nobody'`, or the status if it is not 200. */
export async function answerTo(cookies: string, { port }: Shop, receive: (headers: Headers) => void = () => {}) {
  const { status, headers, body } = await ask(port, '/', { cookie: cookies, headers: https })
  receive(headers)
  return status === 200 ? ((JSON.parse(body) as Page).user ?? 'nobody') : String(status)
}

const cookie = '__Host-Http-session'
const https = { 'X-Forwarded-Proto': 'https' }

/** Signs people in, who come from then on, so many of them a second; but for some who are away. */
export async function invite(
  port: number,
  { size, away, leaving, perSecond }: { size: number; away: number; leaving: number; perSecond: number },
): Promise<People> {
  // Each connection in turn, so that none is idle for so long that the server closes it, perhaps just when it is used again.
  const agent = new Agent({ keepAlive: true, scheduling: 'fifo' })
  const visits: Visit[] = []
  const everybody = Array.from({ length: size + leaving }, (_, n) =>
    createVisitor(`visitor-${n}`, { port, agent, visits }),
  )
  const first = new Map<string, string>()
  for (let at = 0; at < everybody.length; at += 20) {
    await Promise.all(
      everybody.slice(at, at + 20).map(async ({ name, browser, signIn }) => {
        await signIn()
        first.set(name, browser.get(cookie)!)
      }),
    )
  }

  const leavers = everybody.slice(size)
  let idle = everybody.slice(away)
  const under = new Map<Visitor, Promise<unknown>>()
  let due = 0
  let isPaused = false
  const timer = setInterval(() => {
    if (isPaused) return
    due = Math.min(due + perSecond / 50, 20)
    for (; due >= 1; due--) {
      const visitor = idle.shift()
      if (visitor === undefined) return
      const visit = visitor.visitAny().finally(() => {
        under.delete(visitor)
        idle.push(visitor)
      })
      under.set(visitor, visit)
    }
  }, 20)

  /** Has something of a visitor that does not come of itself meanwhile. */
  async function alone<Value>(visitor: Visitor, use: () => Promise<Value>, comesBack = true): Promise<Value> {
    await under.get(visitor)
    const wasIdle = idle.includes(visitor)
    idle = idle.filter((each) => each !== visitor)
    const value = await use()
    if (comesBack && wasIdle) idle.push(visitor)
    return value
  }

  const cookiesOf = (name: string): string[] => [
    `${cookie}=${first.get(name)}`,
    ...visits
      .filter(({ who }) => who === name)
      .flatMap(({ cookies }) => cookies.map((line) => line.split(';')[0]!))
      .filter((each) => each.startsWith(`${cookie}=`) && each !== `${cookie}=`),
  ]

  return {
    visits,
    async all() {
      const here = [...everybody.slice(0, size), ...leavers]
      for (let at = 0; at < here.length; at += 20)
        await Promise.all(here.slice(at, at + 20).map((visitor) => alone(visitor, () => visitor.visit('/'))))
    },
    async leave(shop) {
      const visitor = leavers.shift()!
      const { name, browser } = visitor
      await alone(visitor, () => visitor.visit('/'), false)
      const asking = { cookie: browser.cookie, headers: https, agent }
      const { status, headers } = await ask(shop.port, '/sign-out', asking)
      if (status !== 200) throw new Error(`${name} is answered with ${status} when they sign out.`)
      browser.receive(headers)
      return {
        name,
        shop,
        cookies: cookiesOf(name),
        comeBack: (to) => answerTo(browser.cookie, to, browser.receive),
      }
    },
    cookies: () => new Map(everybody.slice(0, size).map(({ name }) => [name, new Set(cookiesOf(name))])),
    async wrongs() {
      const wrongs: string[] = []
      for (const visitor of everybody.slice(0, size)) wrongs.push(...(await alone(visitor, () => visitor.wrongs())))
      return wrongs
    },
    pause: () => void (isPaused = true),
    resume: () => void (isPaused = false),
    async stop() {
      clearInterval(timer)
      await Promise.all(under.values())
      agent.destroy()
    },
  }
}
