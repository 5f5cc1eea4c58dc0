import { type Cutoff, type SessionNotice, type SessionStore, type StoreEntry, TooLate } from '../../stores/store.ts'
import { listen } from './notices.ts'
import type { FaultOf, Place } from './place.ts'
import { after, currentContext, type Machine, now, runAs } from './time.ts'

/** Learns how a server and its store get on. */
export interface Witness {
  /** How long an answer may take without being late, in milliseconds. */
  readonly lateAfterMs: number
  onCall(): void
  /** A call failed, or is not answered in time. */
  onTrouble(): void
}

/** Servers wait for so long. An answer in less time counts as one. */
export const storeTimeoutMs = 250
const writes = new Set(['create', 'update', 'end', 'endAll', 'putCutoff'])
const growing = new Set(['create', 'update', 'putCutoff'])

/**
 * Connects a server to a store. The result is a store for `createSessions`, `both` and `move`. One function, because all calls share
 * the faults, the server and its witness.
 */
export function connect(place: Place, server: Machine, witness: Witness): SessionStore {
  const store = place.storeOf(server.name)

  const faultOf: FaultOf = (...kinds) => {
    // The usual case, several times in each call.
    if (place.faults.size === 0) return undefined
    for (const fault of place.faults)
      if (kinds.includes(fault.kind) && (fault.server === null || fault.server === server.name)) {
        if (currentContext().random.chance(fault.share)) return fault
      }
    return undefined
  }

  /** How long one way takes, in milliseconds. */
  function latency(): number {
    const { random } = currentContext()
    if (faultOf('slow') !== undefined) return random.chance(0.5) ? random.between(0, 260) : random.between(100, 900)
    return random.chance(0.3) ? 0.2 : random.between(0.3, 3)
  }

  /**
   * A call is not answered in time. Its server knows that when its deadline has passed, or up to a fifth later, whatever is answered
   * until then.
   */
  function noteSilence(): void {
    witness.onTrouble()
    after(storeTimeoutMs, witness.onTrouble)
    after(storeTimeoutMs * 1.2 + 10, witness.onTrouble)
  }

  function call<Answer>(name: string, run: (until?: number) => Promise<Answer>, until?: number): Promise<Answer> {
    // In real time, a process that was stopped still runs, but reaches nothing.
    if (server.isStopped) return new Promise(() => {})
    const context = { machine: server, random: currentContext().random }
    witness.onCall()
    const sentAt = now()
    const { generation } = place
    // Real stores compare the deadline with their own clock, whose difference they measure.
    const leftMs = until === undefined ? Infinity : until - Date.now()
    const untilThere = until === undefined ? undefined : place.machine.wall() + leftMs
    return new Promise<Answer>((resolve, reject) => {
      let isDelivered = false
      // In real time the answer decides, because each step may come late.
      if (place.isReal) after(witness.lateAfterMs, () => void (isDelivered || noteSilence()), context)
      const settle = (delayMs: number, isLost: boolean, answer: () => void): void => {
        if (isLost || now() + delayMs - sentAt >= witness.lateAfterMs) noteSilence()
        if (isLost) return
        after(
          delayMs,
          () => {
            isDelivered = true
            if (generation !== place.generation) return reject(new Error('read ECONNRESET'))
            answer()
          },
          context,
        )
      }
      const fail = (message: string | Error): void =>
        settle(latency(), false, () => reject(message instanceof Error ? message : new Error(message)))

      if (faultOf('refused') !== undefined) return fail('connect ECONNREFUSED')
      const lost = faultOf('down', 'lost-requests')
      if (lost !== undefined) {
        noteSilence()
        // Some clients reject what was under way when the connection breaks, others wait for ever.
        if (context.random.chance(0.5)) after(lost.until - now() + 300, () => reject(new Error('read ECONNRESET')))
        return
      }
      const there = latency()
      if (there >= witness.lateAfterMs) noteSilence()
      after(there, () => runAs(context, arrive), { machine: place.machine, random: context.random })

      function arrive(): void {
        if (generation !== place.generation) return fail('read ECONNRESET')
        if (now() > sentAt + leftMs) return fail(new TooLate('too late'))
        if (faultOf('errors') !== undefined) return fail('ERR the store has a bad day')
        if (writes.has(name) && faultOf('read-only') !== undefined) return fail('READONLY You can’t write to a replica')
        if (growing.has(name) && faultOf('full') !== undefined) return fail('OOM command not allowed')
        const back = latency()
        const isLost = faultOf('down', 'lost-answers') !== undefined
        // Async, because a method of a store that throws instead of rejecting would end the process.
        const ask = async (): Promise<Answer> => run(untilThere)
        ask().then(
          (answer) => settle(back, isLost, () => resolve(answer)),
          (error: Error) => settle(back, isLost, () => reject(error)),
        )
      }
    })
  }

  /** Returns the options for the arrival: the instant at which a request was opened, by the clock of the database, as stores do. */
  function openedThere<Options extends { readonly openedAt?: number | undefined }>(
    options: Options,
    until = 0,
  ): () => Options {
    if (options.openedAt === undefined || place.isReal) return () => options
    const openedFor = performance.now() - options.openedAt + Math.max(0, until - Date.now())
    return () => ({ ...options, openedAt: now() - openedFor })
  }

  return {
    create(record, options = {}, until) {
      const there = openedThere(options, until)
      return call('create', (untilThere) => store.create(record, there(), untilThere), until)
    },
    read: (key) => call('read', () => store.read(key)),
    update: (key, held, change, until) =>
      call('update', (untilThere) => store.update(key, held, change, untilThere), until),
    end: (key, ending, until) => call('end', (untilThere) => store.end(key, ending, untilThere), until),
    endAll(userId, ending, except, until) {
      const there = except == null ? () => null : openedThere(except, until)
      return call('endAll', (untilThere) => store.endAll(userId, ending, there(), untilThere), until)
    },
    list: (userId) => call('list', () => store.list(userId)),
    ...(store.putCutoff && {
      putCutoff: (userId: string, cutoff: Cutoff) => call('putCutoff', () => store.putCutoff!(userId, cutoff)),
    }),
    ...(store.all && {
      async *all() {
        yield* await call('all', async () => {
          const entries: StoreEntry[] = []
          for await (const entry of store.all!()) entries.push(entry)
          return entries
        })
      },
    }),
    ...((!place.isReal || store.watch) && {
      watch: (onNotice: (notice: SessionNotice | null) => void, onLost?: () => void) =>
        listen(place, { machine: server, random: currentContext().random }, faultOf, onNotice, onLost),
    }),
  }
}
