import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSessions, type Session, type SessionEvent } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { isEnding } from '../../src/stores/store.ts'
import { faults, fickleStore, pause } from '../suites/outages/fickle-store.ts'
import { browser } from '../support/browser.ts'
import { random } from '../support/random.ts'
import { secrets, secure, visit } from '../support/sessions.ts'

// Some tabs of one browser change one session, while the way to the store fails and recovers. Responses arrive in any order. A
// change that was answered without an error is in the store once the store is back, and no later one of the same key is undone.

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout', 'setImmediate'] })
})
afterEach(() => void vi.useRealTimers())

interface Change {
  readonly key: string
  readonly text: string | undefined
  readonly from: number
  to: number
  answered: boolean
}

const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)]!
const soon = async (milliseconds: number) => pause(random() * milliseconds)

type Handler = (session: Session, own: string) => [key: string, text: string | undefined]

const handlers: Record<string, Handler> = {
  'own key'(session, own) {
    session.data[own] = 1
    return [own, '1']
  },
  theme(session) {
    const theme = pick(['light', 'dark'])
    // Written whatever it is, so that each such request is a change.
    session.data['theme'] = theme
    return ['theme', JSON.stringify(theme)]
  },
  'theme removed'(session) {
    delete session.data['theme']
    return ['theme', undefined]
  },
}

/** Of two processes, one may not know that the other changed a key and changed it back. So there each value is a new one. */
const newValues: Record<string, Handler> = {
  'own key': handlers['own key']!,
  theme(session, own) {
    session.data['theme'] = own
    return ['theme', JSON.stringify(own)]
  },
}

async function schedule(servers: number) {
  const inner = memoryStore()
  const events: SessionEvent[] = []
  const ways = Array.from({ length: servers }, () => fickleStore(inner))
  const all = ways.map((store) =>
    createSessions({
      secrets,
      cookie: secure,
      store,
      unconfirmedFor: 600,
      onEvent: (event) => void events.push(event),
    }),
  )
  const visitor = browser()
  await visit(all[0]!, visitor, (session) => session.signIn('ada'))
  const { id } = await all[0]!.open(visitor.cookie)
  const changes: Change[] = [{ key: 'theme', text: undefined, from: 0, to: 0, answered: true }]

  async function tab(own: string): Promise<void> {
    await soon(3000)
    const sessions = pick(all)
    const session = await sessions.open(visitor.cookie)
    await soon(pick([0, 20, 400]))
    if (session.outcome !== 'active' && session.outcome !== 'unconfirmed') return
    const before = Object.entries(session.data).map(([key, value]) => [key, JSON.stringify(value)])
    const [key, text] = pick(Object.values(servers === 1 ? handlers : newValues))(session, own)
    const isChange = Object.fromEntries(before)[key] !== text
    const change: Change = { key, text, from: performance.now(), to: Infinity, answered: false }
    if (isChange) changes.push(change)
    const headers = await sessions.commit(session).catch(() => null)
    change.to = performance.now()
    change.answered = headers !== null
    await soon(pick([0, 20, 400]))
    if (headers !== null) visitor.receive(headers)
  }

  async function trouble(): Promise<void> {
    await soon(3000)
    const way = pick(ways)
    way.fault = pick(faults)
    await soon(pick([300, 1500]))
    way.fault = null
  }

  await Promise.all([
    ...Array.from({ length: 2 + Math.floor(random() * 8) }, (_, n) => tab(`k${n}`)),
    ...Array.from({ length: 1 + Math.floor(random() * 3) }, trouble),
  ])
  for (const way of ways) way.fault = null
  // Each process asks a store that is down once a second.
  await pause(2000)
  for (const sessions of all) await visit(sessions, visitor, (session) => expect(session.userId).toBe('ada'))
  const record = await inner.read({ id: id!, userId: 'ada' })
  if (record === null || isEnding(record)) throw new Error('The session has ended.')
  return {
    changes,
    data: record.data,
    refused: events.flatMap((event) => (event.type === 'refused' ? event.keys : [])),
  }
}

/** The answered changes that are neither in the store nor undone by a change that was not made before. */
function lost({ changes, data }: Awaited<ReturnType<typeof schedule>>): string[] {
  const answered = changes.filter((change) => change.answered)
  const others = answered.filter(({ key, text, to }) => {
    // What is there was written by a request that had not ended before this one began.
    const isLatest = changes.some(
      (other) =>
        other.key === key &&
        other.text === data[key] &&
        !answered.some((later) => later.key === key && later.from > other.to && later.to !== Infinity),
    )
    return data[key] !== text && !isLatest && to < Infinity
  })
  return others.map(({ key, text }) => `${key} is ${data[key]}, not ${text}`)
}

/** An event names each key whose change was dropped. Only a key that several requests changed may be dropped. */
const silentlyLost = (result: Awaited<ReturnType<typeof schedule>>): string[] =>
  lost(result).filter((each) => !result.refused.some((key) => each.startsWith(`${key} `)))

async function inFakeTime<Result>(work: () => Promise<Result>): Promise<Result> {
  const state = { isDone: false }
  const result = work().finally(() => (state.isDone = true))
  result.catch(() => {})
  while (!state.isDone) await vi.advanceTimersByTimeAsync(10)
  return result
}

describe('what tabs changed and was answered', () => {
  it('is in the store after any outage, through one process', async () => {
    for (let round = 0; round < 150; round++) {
      const result = await inFakeTime(async () => schedule(1))
      expect({ round, lost: silentlyLost(result) }).toEqual({ round, lost: [] })
    }
  })

  it('is in the store after any outage, through two processes, or an event names the key', async () => {
    for (let round = 0; round < 150; round++) {
      const result = await inFakeTime(async () => schedule(2))
      expect({ round, lost: silentlyLost(result) }).toEqual({ round, lost: [] })
    }
  })
})
