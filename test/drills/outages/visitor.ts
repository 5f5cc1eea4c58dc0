import type { Agent } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { ask } from '../../suites/adapters/client.ts'
import { browser, type Browser } from '../../support/browser.ts'
import { createExpected } from './expected.ts'
import { random } from '../../support/random.ts'
import type { Page } from './shop.ts'

/** The result of one request. */
export interface Visit {
  readonly who: string
  readonly path: string
  /** 0 where there was no answer. */
  readonly status: number
  readonly milliseconds: number
  readonly cookies: readonly string[]
  readonly retryAfter: string | null
  readonly page: Page | null
  /** When it was asked for, by `performance.now()`. */
  readonly at: number
}

/** One person with one browser, who asks for one page at a time. */
export interface Visitor {
  readonly name: string
  readonly browser: Browser
  /** Signs in; tries for some seconds, since a machine may be busy. */
  signIn(): Promise<void>
  /** Asks for a page, by its path with a query. */
  visit(path: string): Promise<Visit>
  /** Asks for a page beside all others: it counts as no visit. */
  look(path: string): Promise<Visit>
  /** Does anything: looks at a page mostly; puts something into the cart, leaves a message, reads messages. */
  visitAny(): Promise<Visit>
  /** Puts something into the cart. */
  buy(): Promise<Visit>
  /** Errors in the server's data of this visitor, compared with its earlier answers: nothing is lost, nothing doubled. */
  wrongs(): Promise<string[]>
}

/** For longer nobody waits, in milliseconds; in steps, since a machine may be too busy to hand over what has come. */
const timeout = { steps: 40, step: 500 }
/** A proxy that speaks https to the browser sends this. */
const headers = { 'X-Forwarded-Proto': 'https' }

export function createVisitor(
  name: string,
  { port, agent, visits }: { readonly port: number; readonly agent: Agent; readonly visits: Visit[] },
): Visitor {
  const holds = browser()
  const cart = createExpected('item')
  const messages = createExpected('message')
  const wrongs: string[] = []
  let count = 0
  let id: string | null = null

  async function look(path: string): Promise<Visit> {
    const at = performance.now()
    const leaving = new AbortController()
    const waiting = setInterval(() => ++waited >= timeout.steps && leaving.abort(), timeout.step)
    let waited = 0
    const asking = { cookie: holds.cookie, agent, headers, signal: leaving.signal }
    const got = await ask(port, path, asking).catch(() => null)
    clearInterval(waiting)
    if (got !== null) holds.receive(got.headers)
    return {
      who: name,
      path,
      status: got?.status ?? 0,
      milliseconds: performance.now() - at,
      cookies: got?.headers.getSetCookie() ?? [],
      retryAfter: got?.headers.get('Retry-After') ?? null,
      page: got?.status === 200 && got.body.startsWith('{') ? (JSON.parse(got.body) as Page) : null,
      at,
    }
  }

  async function visit(path: string): Promise<Visit> {
    const visited = await look(path)
    visits.push(visited)
    id ??= visited.page?.id ?? null
    return visited
  }

  async function change(path: string, expected: typeof cart): Promise<Visit> {
    const item = `${name}/${++count}`
    const visited = await visit(`${path}${item}`)
    expected.asked(item, visited.status === 200)
    return visited
  }

  async function takeMessages(): Promise<Visit> {
    const visited = await visit('/flashes')
    wrongs.push(...messages.taken(visited.page?.flashes ?? null))
    return visited
  }

  async function signIn(): Promise<void> {
    for (let tries = 0; tries < 10; tries++) {
      const { page } = await look(`/sign-in?user=${name}`)
      if (page !== null) return
      await pause(500)
    }
    throw new Error(`${name} cannot sign in.`)
  }

  const buy = async (): Promise<Visit> => change('/cart?item=', cart)

  return {
    name,
    browser: holds,
    signIn,
    look,
    visit,
    buy,
    async visitAny() {
      const chance = random()
      if (chance < 0.6) return visit('/')
      if (chance < 0.85) return buy()
      return chance < 0.95 ? change('/flash?text=', messages) : takeMessages()
    },
    async wrongs() {
      const { page, status } = await takeMessages()
      if (page === null) return [`${name} is answered with ${status}`]
      if (page.user !== name) return [`${name} is signed out`]
      if (page.id !== id) return [`${name} has another session`]
      return [...wrongs, ...cart.differs(page.cart)]
    },
  }
}
