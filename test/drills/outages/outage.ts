import { setTimeout as pause } from 'node:timers/promises'
import type { SessionsOptions } from '../../../src/index.ts'
import type { SessionStore } from '../../../src/stores/store.ts'
import { createCrowd } from './crowd.ts'
import type { Visit, Visitor } from './visitor.ts'
import { openShop, type Shop } from './shop.ts'

/** Something that goes wrong with a store, and is put right again. */
export interface Fault {
  begin(): unknown
  end(): unknown
  /** For how long it lasts, in seconds. */
  readonly seconds: number
}

/** A server with a store of its own, and how busy it is. */
export interface Side {
  readonly store: SessionStore
  readonly options?: SessionsOptions
  readonly perSecond: number
}

/** The result of an outage at one server. */
export interface Outcome {
  /** When the store was reported as down and as up since the outage began, and why: `1.6 s: store-down …`. */
  readonly changes: readonly string[]
  readonly visits: readonly Visit[]
  /** Visits that began and were answered during the outage, after the store has counted as down, and except for its last second. */
  readonly during: readonly Visit[]
  /** The time of a page without sessions during the outage. */
  readonly beside: readonly Visit[]
  /** The answers meanwhile of the public page to a signed-in user, and of any page to a visitor without cookies. */
  readonly others: readonly Visit[]
  /** Errors in the stored data of its visitors afterwards. */
  readonly wrongs: readonly string[]
}

const size = 200

/**
 * The timeout of each store, in seconds. A busy machine may leave Redis or this process without a processor for a second, and that
 * is no outage.
 */
export const storeTimeout = 1.5
/** How long an outage lasts until the store counts as down, in milliseconds: a timeout, a fifth of it, and some traffic. */
const noticedMs = storeTimeout * 1000 + 1000

/** Lets 200 visitors each come and go at several servers, and a fault begin and end meanwhile. */
export async function outage(fault: Fault, sides: readonly Side[]): Promise<Outcome[]> {
  const shops = await Promise.all(
    sides.map(async ({ store, options }) => openShop(store, { storeTimeout, ...options })),
  )
  const crowds = shops.map(({ port }) => createCrowd(port, size))
  const strangers = shops.map(({ port }) => createCrowd(port, 1))
  try {
    await Promise.all(crowds.map(async ({ arrive }) => arrive()))
    const leave = crowds.map(({ come }, at) => come(sides[at]!.perSecond))
    const beside = strangers.map(({ visitors }) => lookAllTheWhile(visitors[0]!))
    await pause(700)
    // A machine that was too busy for a moment is no outage.
    await Promise.all(shops.map(isUp))
    await fault.begin()
    const began = performance.now()
    await pause(fault.seconds * 500)
    const others = await Promise.all(
      crowds.map(async ({ visitors }, at) => {
        const stranger = strangers[at]!.visitors[0]!
        return Promise.all([visitors[0]!.look('/public'), stranger.look('/public'), stranger.look('/')])
      }),
    )
    await pause(fault.seconds * 500)
    const ended = performance.now()
    await fault.end()
    await pause(2000)
    await Promise.all(leave.map(async (stop) => stop()))
    const stayed = await Promise.all(beside.map(async (stop) => stop()))
    const seen = crowds.map(({ visits }) => [...visits])
    const wrongs = await Promise.all(crowds.map(async (crowd) => crowd.wrongs()))
    return shops.map((shop, at) => ({
      changes: changesSince(began, shop),
      visits: seen[at]!,
      during: seen[at]!.filter(
        ({ at: asked, milliseconds }) =>
          asked > began + noticedMs && asked < ended - 1000 && asked + milliseconds < ended,
      ),
      beside: stayed[at]!,
      others: others[at]!,
      wrongs: wrongs[at]!,
    }))
  } finally {
    for (const { leave } of [...crowds, ...strangers]) leave()
    await Promise.all(shops.map(async ({ stop }) => stop()))
  }
}

async function isUp({ count }: Shop): Promise<void> {
  while (count('store-up') < count('store-down')) await pause(20)
}

/** Looks at the public page again and again, until the function that it gives is called: that gives what came of it. */
function lookAllTheWhile({ look }: Visitor): () => Promise<Visit[]> {
  const looks: Promise<Visit>[] = []
  const timer = setInterval(() => looks.push(look('/public')), 100)
  return () => {
    clearInterval(timer)
    return Promise.all(looks)
  }
}

function changesSince(began: number, { changes }: Shop): string[] {
  return changes
    .filter(({ at }) => at >= began)
    .map(
      ({ at, event }) =>
        `${((at - began) / 1000).toFixed(1)} s: ${event.type} ${'message' in event ? event.message : ''}`,
    )
}
