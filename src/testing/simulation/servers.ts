import type { CookieFormat } from '../../cookies/format.ts'
import type { SessionEvent } from '../../core/events.ts'
import type { Token } from '../../core/token.ts'
import { sealedFormat } from '../../formats/sealed.ts'
import { both } from '../../move/index.ts'
import { createSessions, internalsOf, type Sessions } from '../../sessions.ts'
import type { SessionStore } from '../../stores/store.ts'
import { sha256 } from '../../util/sha256.ts'
import { createLearned, type Learned } from './facts.ts'
import { noteLearned, noteTrouble } from './learning.ts'
import { connect, storeTimeoutMs, type Witness } from './network.ts'
import type { Place } from './place.ts'
import type { PlanOptions } from './plan.ts'
import { Random } from './random.ts'
import { epoch, type Machine, now, runAs } from './time.ts'

/** The options that a roll-out changes. */
export interface Config {
  /** Which secrets it has: the first seals. */
  readonly secrets: readonly number[]
  /** One store, or two while sessions move from the second to the first, or none. */
  readonly places: readonly Place[]
  readonly unconfirmedFor: number
}

/** A server. Its process is replaced by each restart. */
export interface Server {
  readonly name: string
  config: Config
  process: Process
  /** How far its clock is ahead of true time, in milliseconds. */
  aheadMs: number
  readonly rate: number
}

/** A process of a server, from its start until it is stopped. */
export interface Process {
  readonly server: Server
  readonly machine: Machine
  readonly config: Config
  readonly sessions: Sessions<any>
  readonly learned: Learned
}

export type OnEvent = (process: Process, event: SessionEvent) => void

export function createServer(
  index: number,
  { aheadMs, rate }: { readonly aheadMs: number; readonly rate: number },
  config: Config,
): Server {
  return { name: 'ABCD'[index]!, config, aheadMs, rate, process: undefined as unknown as Process }
}

/** Starts a process of a server, and stops the one before, as a kill would: what it waits for never comes. */
export function startProcess(server: Server, options: PlanOptions, onEvent: OnEvent): void {
  if (server.process !== undefined) server.process.machine.isStopped = true
  const { config } = server
  const machine: Machine = {
    name: server.name,
    wall: () => Math.floor(epoch() + now() * server.rate + server.aheadMs),
    startedAt: now() - 1000,
    isStopped: false,
  }
  const learned = createLearned(server.process?.learned.savedAt)
  const store = storeOf(config, machine, witnessOf(learned, config.places.length === 2))
  const process: Process = {
    server,
    machine,
    config,
    learned,
    sessions: runAs({ machine, random: new Random(now()) }, () =>
      createSessions({
        now: machine.wall,
        format: formatOf(config.secrets),
        store: store && noteLearned(store, learned),
        unconfirmedFor: config.unconfirmedFor,
        idleTimeout: options.idleTimeout,
        absoluteTimeout: options.absoluteTimeout,
        touchAfter: options.touchAfter,
        maxSessions: options.maxSessions,
        onLimit: options.onLimit,
        onEvent: (event) => void (machine.isStopped || onEvent(process, event)),
      }),
    ),
  }
  // Only adapters need it, and a process that has ended would stay in memory until all garbage is collected.
  internalsOf.delete(process.sessions)
  server.process = process
}

export function storeOf({ places }: Config, machine: Machine, witness: Witness): SessionStore | undefined {
  const [to, from] = places.map((place) => connect(place, machine, witness))
  return to === undefined || from === undefined ? to : both(to, from)
}

const witnessOf = (learned: Learned, isDual: boolean): Witness => ({
  // With two stores one call of the server may be two, one after the other.
  lateAfterMs: (0.8 * storeTimeoutMs) / (isDual ? 2 : 1),
  onCall: () => void (learned.calledAt = now()),
  onTrouble: () => noteTrouble(learned),
})

// All simulations share the formats, because deriving their keys takes longer than most of the rest.
const formats = new Map<string, CookieFormat>()
/** The tokens of all cookies of this simulation, because opening a cookie once more takes as long as a request. */
let sealed = new Map<string, Token>()

function formatOf(secrets: readonly number[]): CookieFormat {
  const name = secrets.join()
  const known = formats.get(name)
  if (known !== undefined) return known
  const plain = sealedFormat({ secrets: secrets.map((number) => Buffer.alloc(32, number + 1)) })
  const format: CookieFormat = {
    ...plain,
    seal(token, context) {
      const value = plain.seal(token, context)
      sealed.set(value, token)
      return value
    },
  }
  formats.set(name, format)
  return format
}

/** Whether a cookie says that it keeps a change, or one of this key, because no store has taken it. */
export const keepsChange = (value: string, key?: string): boolean =>
  sealed.get(value)!.changed.some(([changed]) => key === undefined || changed === key)

/** How many secrets there are in all. */
export const secretCount = 4

/** Returns whose session a cookie names, and the hash of its secret. */
export function identityOf(value: string): { id: string; hash: string; user: string | null } {
  const { identity, userId } = sealed.get(value)!
  return { id: identity!.id, hash: sha256(identity!.secret), user: userId }
}

/** Forgets the cookies of the simulation before. */
export const forgetCookies = (): void => void (sealed = new Map())
