import type { FaultKind } from './network.ts'
import { createRandom, type Random } from './random.ts'

/** A whole schedule, as data. A seed gives one, shrinking gives smaller ones, and regressions are kept as such. */
export interface Plan {
  readonly seed: number
  readonly servers: readonly { readonly aheadMs: number; readonly rate: number }[]
  readonly storeAheadMs: number
  readonly browsers: number
  readonly options: PlanOptions
  readonly operations: readonly Operation[]
}

/** The options of all servers at the start. Durations are in seconds. */
export interface PlanOptions {
  readonly hasStore: boolean
  readonly unconfirmedFor: number
  readonly idleTimeout: number
  readonly absoluteTimeout: number
  readonly touchAfter: number
  readonly maxSessions: number
  readonly onLimit: 'end-oldest' | 'refuse'
}

export const acts = [
  'read',
  'write',
  'unset',
  'add',
  'sign-in',
  'sign-out',
  'renew',
  'confirm',
  'poll',
  'fail',
  'flash',
  'end-others',
  'change-password',
] as const
export type Act = (typeof acts)[number]

interface Common {
  /** When, in milliseconds of true time. */
  readonly at: number
  /** For the latencies and faults of this operation. */
  readonly seed: number
  readonly server: number
}

export type Operation = Common &
  (
    | {
        readonly kind: 'visit'
        readonly browser: number
        readonly act: Act
        readonly key: string
        readonly user: string
        /** How long the handler takes, and how long the response is on its way. In milliseconds. */
        readonly handlerMs: number
        readonly backMs: number
        readonly isLost: boolean
        readonly retries: number
      }
    | { readonly kind: 'watch'; readonly browser: number; readonly forMs: number }
    | { readonly kind: 'copy'; readonly browser: number }
    | { readonly kind: 'revoke'; readonly user: string }
    | { readonly kind: 'revoke-all'; readonly user: string }
    | { readonly kind: 'list'; readonly user: string }
    | { readonly kind: 'evict'; readonly user: string }
    | {
        readonly kind: 'fault'
        readonly fault: FaultKind
        readonly isForAll: boolean
        readonly share: number
        readonly forMs: number
      }
    | { readonly kind: 'wipe'; readonly forMs: number }
    | { readonly kind: 'failover'; readonly lagMs: number; readonly forMs: number }
    | { readonly kind: 'restart' }
    | { readonly kind: 'jump'; readonly byMs: number }
    | { readonly kind: 'rotate-key' | 'switch-copies' | 'move' | 'add-store'; readonly gapMs: number }
  )
export type OperationKind = Operation['kind']

export const users = ['ada', 'bob', 'cy']
export const keys = ['cart', 'theme', 'step']
/** The browser whose cookies are copies of others'. */
export const thief = 0

export const faultKinds: readonly FaultKind[] = [
  'slow',
  'lost-requests',
  'lost-answers',
  'down',
  'refused',
  'errors',
  'full',
  'read-only',
  'bad-notices',
]

type Weights = Readonly<Record<string, number>>

/** How often each operation comes, before a schedule draws its own mix. */
const common: Weights = {
  visit: 60,
  copy: 3,
  watch: 2,
  revoke: 2,
  'revoke-all': 3,
  list: 2,
  fault: 6,
  evict: 1,
  wipe: 0.4,
  failover: 0.7,
  restart: 1.5,
  jump: 1,
  'rotate-key': 0.5,
  'switch-copies': 0.4,
  move: 0.6,
  'add-store': 0.6,
}
const commonActs: Weights = {
  read: 10,
  write: 8,
  unset: 1,
  add: 6,
  'sign-in': 9,
  'sign-out': 3,
  renew: 3,
  confirm: 1,
  poll: 2,
  fail: 1,
  flash: 1,
  'end-others': 2,
  'change-password': 1,
}

/** What `--focus` makes more frequent. */
export const focuses: Readonly<Record<string, { readonly more: readonly string[]; readonly servers?: number }>> = {
  outage: { more: ['fault', 'restart', 'write', 'add', 'wipe', 'failover'] },
  clocks: { more: ['jump', 'revoke-all', 'sign-in', 'fault'], servers: 3 },
  moving: { more: ['move', 'add-store', 'rotate-key', 'switch-copies', 'restart'], servers: 3 },
  tabs: { more: ['write', 'add', 'read', 'unset', 'renew'] },
  ends: { more: ['revoke', 'revoke-all', 'end-others', 'sign-out', 'change-password', 'copy', 'renew'] },
  devices: { more: ['end-others', 'sign-in', 'revoke-all', 'fault'] },
  leaving: { more: ['sign-out', 'sign-in', 'fault'] },
  watching: { more: ['watch', 'revoke', 'revoke-all', 'renew', 'sign-out'] },
}

/** Draws the mix of one schedule: many weights are 0, some are several times higher. Rare combinations become frequent by this. */
const swarm = (weights: Weights, random: Random, more: readonly string[], always: readonly string[]): Weights =>
  Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => {
      const isFocus = more.includes(name)
      const isOut = !always.includes(name) && !isFocus && random.chance(0.4)
      return [name, isOut ? 0 : weight * random.pick([0.5, 1, 1, 4]) * (isFocus ? 5 : 1)]
    }),
  )

function pickBy<Name extends string>(weights: Weights, random: Random): Name {
  let left = random.next() * Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  for (const [name, weight] of Object.entries(weights)) if ((left -= weight) < 0) return name as Name
  return Object.keys(weights)[0] as Name
}

export function createPlan(seed: number, focus?: string, count = 50): Plan {
  const random = createRandom(seed)
  const { more, servers: leastServers = 1 } = focuses[focus ?? ''] ?? { more: [] }
  const serverCount = Math.max(leastServers, random.pick([1, 2, 2, 3, 4]))
  const skewMs = random.pick([0, 0, 1000, 90_000, 3_600_000])
  const draft = {
    kinds: swarm(common, random, more, ['visit']),
    acts: swarm(commonActs, random, more, ['read', 'sign-in']),
    faults: swarm(Object.fromEntries(faultKinds.map((kind) => [kind, 1])), random, [], []),
    gapMs: random.pick([50, 300, 300, 2000, 20_000]),
    pairs: random.pick([0, 0.1, 0.4]),
    slowMs: random.pick([0, 20, 20, 300]),
    loss: random.pick([0, 0.05, 0.2]),
    users: users.slice(0, random.pick([1, 1, 2, 3])),
    keys: keys.slice(0, random.pick([1, 2, 3])),
    serverCount,
    browsers: random.pick([2, 3, 4]),
  }
  const hasShortLives = random.chance(0.15)
  const operations: Operation[] = []
  let at = 0
  while (operations.length < count) {
    const isPair = operations.length > 0 && random.chance(draft.pairs)
    at += isPair ? random.below(7) : Math.ceil(random.next() * random.next() * draft.gapMs * 2)
    operations.push(createOperation(at, draft, random, isPair))
  }
  return {
    seed,
    servers: Array.from({ length: serverCount }, (_, index) => ({
      aheadMs: index === 0 ? 0 : Math.round(random.between(-skewMs, skewMs)),
      rate: random.chance(0.2) ? random.pick([0.99, 1.01]) : 1,
    })),
    storeAheadMs: Math.round(random.between(-skewMs, skewMs)),
    browsers: draft.browsers,
    options: {
      hasStore: !random.chance(draft.kinds['add-store']! > 0 ? 0.5 : 0.03),
      unconfirmedFor: random.pick([0, 10, 60, 600, 600]),
      idleTimeout: hasShortLives ? 120 : 7 * 86_400,
      absoluteTimeout: hasShortLives ? 400 : 30 * 86_400,
      touchAfter: hasShortLives ? 6 : random.pick([0, 3600]),
      maxSessions: random.chance(0.15) ? 2 : 1000,
      onLimit: random.pick(['end-oldest', 'refuse']),
    },
    operations,
  }
}

interface Draft {
  readonly kinds: Weights
  readonly acts: Weights
  readonly faults: Weights
  readonly users: readonly string[]
  readonly keys: readonly string[]
  readonly serverCount: number
  readonly browsers: number
  readonly slowMs: number
  readonly loss: number
}

function createOperation(at: number, draft: Draft, random: Random, isPair: boolean): Operation {
  const base = { at, seed: random.below(2 ** 31), server: random.below(draft.serverCount) }
  const kind = isPair ? 'visit' : pickBy<OperationKind>(draft.kinds, random)
  const browser = random.below(draft.browsers)
  const user = random.pick(draft.users)
  const forMs = Math.round(random.pick([300, 1500, 8000, 40_000]) * random.next())
  const gapMs = random.pick([0, 100, 1000])
  switch (kind) {
    case 'visit':
      return {
        ...base,
        kind,
        browser,
        act: pickBy(draft.acts, random),
        key: random.pick(draft.keys),
        user,
        handlerMs: random.chance(0.5) ? 0 : Math.round(random.next() * draft.slowMs),
        backMs: Math.round(random.next() * (random.chance(0.1) ? 5000 : 30)),
        isLost: random.chance(draft.loss),
        retries: random.below(3),
      }
    case 'watch':
      return { ...base, kind, browser, forMs: 1000 + forMs }
    case 'copy':
      return { ...base, kind, browser: 1 + random.below(draft.browsers - 1) }
    case 'revoke':
    case 'revoke-all':
    case 'list':
    case 'evict':
      return { ...base, kind, user }
    case 'fault':
      return {
        ...base,
        kind,
        fault: pickBy(draft.faults, random),
        isForAll: random.chance(0.6),
        share: random.pick([1, 1, 0.5, 0.2]),
        forMs,
      }
    case 'wipe':
      return { ...base, kind, forMs: random.below(1000) }
    case 'failover':
      return { ...base, kind, lagMs: random.pick([0, 50, 1000, 10_000]), forMs: random.below(2000) }
    case 'restart':
      return { ...base, kind }
    case 'jump':
      return { ...base, kind, byMs: Math.round(random.pick([1000, 60_000, 3_600_000]) * random.between(-1, 1)) }
    default:
      return { ...base, kind, gapMs }
  }
}
