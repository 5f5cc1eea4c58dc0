import type { SessionEvent } from '../../core/events.ts'
import { stateOf } from './coverage.ts'
import { savedName } from './learning.ts'
import { isOnlyCutOff } from './adoption.ts'
import { createModel, hasEnded, mayBeOver } from './model.ts'
import { type Browser, createBrowser } from './people.ts'
import type { Place } from './place.ts'
import { keys, type Plan } from './plan.ts'
import { Random } from './random.ts'
import { type Config, createServer, type Process, startProcess } from './servers.ts'
import { type Machine, now } from './time.ts'
import type { Write } from './values.ts'
import { count, coverage, type Violation, type World } from './world.ts'

/** The parts of a world that differ between virtual and real time. */
export interface Parts {
  readonly takes: Browser['takes']
  openPlace(name: string): Place
}

/** Creates the servers, the browsers, the store and the model of a plan. One function, because all of it shares what it counts. */
export function createWorld(
  plan: Plan,
  machine: Machine,
  violations: Violation[],
  story: { at: number; text: string }[] | null,
  { takes, openPlace }: Parts,
): World {
  const model = createModel()
  const places: Place[] = []
  const owners = new Map<string, string | null>()
  const names = new Map<string, string>()
  const lastEvents = new Map<string, number>()
  const covered = new Map<string, number>()
  /** How far ahead a clock has been, at the least and at the most. A clock that jumps differs from itself. */
  let [leastAheadMs, mostAheadMs] = [plan.storeAheadMs, plan.storeAheadMs]
  const skewMs = (): number => mostAheadMs - leastAheadMs

  function noteSkew(): void {
    for (const { aheadMs, rate } of servers) {
      const ahead = aheadMs + now() * (rate - 1)
      leastAheadMs = Math.min(leastAheadMs, ahead)
      mostAheadMs = Math.max(mostAheadMs, ahead)
    }
  }

  function onEvent(process: Process, event: SessionEvent): void {
    if (event.type === 'store-down') process.learned.saysDown = true
    if (event.type === 'store-up') process.learned.saysDown = false
    if (!('id' in event) || event.id === null) return
    const session = model.sessions.get(event.id)
    lastEvents.set(`${event.type} ${event.id}`, now())
    if (session === undefined) return
    const isEnd = event.type === 'ended' && event.confirmed && process.config.places.length > 0
    if (isEnd && !isOnlyCutOff(session, skewMs())) hasEnded(session, now())
    if (event.type !== 'refused') return
    if (event.keys !== undefined) {
      const isAlone = servers.length === 1 && !session.wasLost && !session.wasWithoutStore
      for (const key of event.keys) {
        const writes = session.values.writes.filter((write) => write.key === key)
        const mayBeReplaced = (write: Write): boolean => isConfirmedMeanwhile(write) || mayBeWritten(write)
        // The cookie of a request that was opened during this one, and answered by the store, does not have its change.
        const isConfirmedMeanwhile = ({ openedAt, answeredAt }: Write): boolean =>
          [...world.cookies.values()].some(
            (cookie) => cookie.session === session && cookie.openedAt > openedAt && cookie.openedAt < answeredAt,
          )
        const mayBeWritten = ({ value, startedAt, isKept }: Write): boolean =>
          // Another process may have confirmed a cookie that lacks it.
          startedAt < process.machine.startedAt + 1000 ||
          // A removal of what the store does not have needs no write.
          (writes.length > 1 && (!isKept || value === undefined)) ||
          // The later of two changes replaces the earlier one, also if the call that wrote it was not answered.
          (writes.length > 1 && process.learned.sent.has(savedName(session.id, key, value))) ||
          process.learned.savedAt.has(savedName(session.id, key, value))
        if (isAlone && !writes.some(mayBeReplaced))
          world.wrong('dropped-without-cause', `a change of ${key} is dropped, which nobody else has changed`)
      }
      return session.values.refuse(event.keys)
    }
    const mayBe = [...session.secrets.keys()].some((hash) => mayBeOver(session, hash, now()))
    if (!mayBe)
      world.wrong('refused-without-cause', `a change of ${session.name} is refused, which nothing has ended or renewed`)
  }

  const first: Config = { secrets: [0], places: [], unconfirmedFor: plan.options.unconfirmedFor }
  const servers = plan.servers.map((each, index) => createServer(index, each, first))
  const world: World = {
    plan,
    model,
    context: { machine, random: new Random(plan.seed + 1) },
    servers,
    browsers: Array.from({ length: plan.browsers }, (_, index) => createBrowser(index, takes)),
    places,
    keys,
    cookies: new Map(),
    rolling: Promise.resolve(),
    isMoving: false,
    addPlace() {
      const place = openPlace(`store ${places.length + 1}`)
      places.push(place)
      return place
    },
    wasKilled: false,
    restart(server) {
      world.wasKilled ||= server.process !== undefined
      startProcess(server, plan.options, onEvent)
    },
    wrong(rule, text) {
      violations.push({ at: now(), rule, text })
      story?.push({ at: now(), text: `WRONG: ${text}. (${rule})` })
    },
    tell: (text) => void story?.push({ at: now(), text: text() }),
    cover(process, cookie, outcome) {
      noteSkew()
      const state = stateOf(cookie, outcome)
      let isCalm = true
      const note = (fault: string): void => {
        isCalm = false
        count(coverage, `${state}|${fault}`)
      }
      for (const { faults } of places)
        for (const { kind, server } of faults) if (server === null || server === process.server.name) note(kind)
      for (const [kind, until] of covered) if (until >= now()) note(kind)
      if (world.isMoving) note('move')
      if (skewMs() > 0) note('clocks')
      if (isCalm) count(coverage, `${state}|none`)
    },
    newValue(owner) {
      const value = `v${owners.size + 1}`
      owners.set(value, owner)
      return value
    },
    own: (value, owner) => void owners.set(value, owner),
    ownerOf: (value) => (owners.has(value) ? (owners.get(value) ?? 'a new guest') : undefined),
    carriedFrom: (id) => model.sessions.get(id)?.carriedFrom ?? null,
    sessionName(id) {
      if (!names.has(id)) names.set(id, `s${names.size + 1}`)
      return names.get(id)!
    },
    jump(server, byMs) {
      server.aheadMs += byMs
      noteSkew()
    },
    skewMs,
    wasToldOf: (type, id, since) => (lastEvents.get(`${type} ${id}`) ?? -1) >= since,
    noteFault: (kind, forMs) => void covered.set(kind, now() + forMs),
  }
  const store = world.addPlace()
  for (const server of servers) {
    if (plan.options.hasStore) server.config = { ...first, places: [store] }
    world.restart(server)
  }
  noteSkew()
  return world
}
