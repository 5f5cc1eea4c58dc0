import { expect } from 'vitest'
import { storeTimeout, type Outcome } from './outage.ts'
import type { Visit } from './visitor.ts'

/** The results of the visits of a drill. Each list names some of its visits, so that a failure says where to look. */
export interface Report {
  readonly visits: number
  readonly unanswered: readonly string[]
  /** Answered as a visitor who is not signed in, or as another user. */
  readonly signedOut: readonly string[]
  readonly failed: readonly string[]
  /** Answered with a 503 without `Retry-After`, or with a cookie that changes. */
  readonly rudely: readonly string[]
  /** Milliseconds. */
  readonly p99: number
}

export function reportOf(visits: readonly Visit[]): Report {
  const signedIn = visits.filter(({ path }) => path !== '/public')
  const times = visits.map(({ milliseconds }) => milliseconds).toSorted((one, other) => one - other)
  return {
    visits: visits.length,
    unanswered: named(visits.filter(({ status }) => status === 0)),
    signedOut: named(signedIn.filter(({ who, status, page }) => status === 200 && page?.user !== who)),
    failed: named(visits.filter(({ status }) => status !== 200)),
    rudely: named(
      visits.filter(({ status, retryAfter, cookies }) => status === 503 && (retryAfter === null || cookies.length > 0)),
    ),
    p99: times[Math.floor(times.length * 0.99)] ?? 0,
  }
}

const named = (visits: readonly Visit[]): string[] =>
  visits
    .slice(0, 10)
    .map(({ who, path, status, milliseconds }) => `${who} ${path} ${status} ${Math.round(milliseconds)} ms`)

/** How many turns of the event loop a request waits for at most: it asks, and asks again, until five of a deadline and one are over. */
const turns = 12
/** How long a request may wait for the store, in milliseconds: 2.2 timeouts, and some time for everything else. */
const limitMs = 2200 * storeTimeout + 500
/** The time of a page on a machine that has little else to do, in milliseconds. */
const swift = 50

/** Nobody was signed out, nobody waited for ever, and hardly anybody for longer than a request may. */
export function expectCalm({ visits, beside }: Pick<Outcome, 'visits' | 'beside'>): void {
  const report = reportOf(visits)
  expect(report).toMatchObject({ unanswered: [], signedOut: [], rudely: [] })
  // A machine that is busy with other things has fewer turns in a second.
  const slowness = Math.max(0, reportOf(beside).p99 - swift)
  expect(report.p99).toBeLessThan(limitMs + turns * slowness)
}

/**
 * Sessions continued without the store: only requests that were under way when the outage began were answered with 503. A full
 * store is up, so that each change was answered with 503.
 */
export function expectContinued({ visits, during }: Pick<Outcome, 'visits' | 'during'>, { isFull = false } = {}): void {
  const failed = visits.filter(({ status }) => status !== 200)
  expect(failed.filter(({ status }) => status !== 503)).toEqual([])
  expect(reportOf(isFull ? failed.filter(({ path }) => path === '/') : during).failed).toEqual([])
}
