import type { FaultKind } from './place.ts'
import { type Act, keys, type Operation, type OperationKind, type Plan, users } from './plan.ts'
import { Random } from './random.ts'
import { commonActs, commonKinds, faultWeights, focuses, pickBy, swarm, type Weights } from './weights.ts'

/** Draws a plan from a seed. */
export function createPlan(seed: number, focus?: string, count = 50): Plan {
  const random = new Random(seed)
  const focused = focuses[focus ?? ''] ?? { more: [] }
  const { more, servers: leastServers = 1, faults = [], isClose = false, isShort = false } = focused
  const serverCount = Math.max(leastServers, random.pick([1, 2, 2, 3, 4]))
  const skewMs = random.pick([0, 0, 1000, 90_000, 3_600_000])
  const draft = {
    kinds: swarm(commonKinds, random, more, ['visit']),
    acts: swarm(commonActs, random, more, ['read', 'sign-in']),
    faults: swarm(faultWeights, random, faults, []),
    gapMs: isShort ? 20_000 : random.pick([50, 300, 300, 2000, 20_000]),
    pairs: isClose ? 0.4 : random.pick([0, 0.1, 0.4]),
    slowMs: random.pick([0, 20, 20, 300]),
    loss: random.pick([0, 0.05, 0.2]),
    users: users.slice(0, isClose ? 1 : random.pick([1, 1, 2, 3])),
    keys: keys.slice(0, isClose ? 1 : random.pick([1, 2, 3])),
    forAll: random.pick([0, 0.6, 1]),
    serverCount,
    browsers: random.pick([2, 3, 4]),
  }
  const hasShortLives = random.chance(isShort ? 1 : 0.15)
  const operations: Operation[] = []
  let at = 0
  while (operations.length < count) {
    const isPair = operations.length > 0 && random.chance(draft.pairs)
    at += isPair ? random.below(7) : Math.ceil(random.next() * random.next() * draft.gapMs * 2)
    const operation = createOperation(at, draft, random, isPair)
    operations.push(isPair && random.chance(0.5) ? likeBefore(operation, operations.at(-1)!) : operation)
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
      hasStore: !random.chance(draft.kinds.has('add-store') ? 0.5 : 0.03),
      unconfirmedFor: random.pick([0, 10, 60, 600, 600]),
      idleTimeout: hasShortLives ? 120 : 7 * 86_400,
      absoluteTimeout: hasShortLives ? (isShort ? 200 : 400) : 30 * 86_400,
      touchAfter: hasShortLives ? 6 : random.pick([0, 3600]),
      maxSessions: random.chance(isShort ? 1 : 0.15) ? 2 : 1000,
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
  /** How often a fault concerns all servers. */
  readonly forAll: number
}

/** Two people press one button at once. */
const likeBefore = (operation: Operation, before: Operation): Operation =>
  operation.kind === 'visit' && before.kind === 'visit'
    ? { ...operation, act: before.act, key: before.key, user: before.user }
    : operation

/** Draws one operation. One function, because it is a list of kinds. */
function createOperation(at: number, draft: Draft, random: Random, isPair: boolean): Operation {
  const seed = random.below(2 ** 31)
  const server = random.below(draft.serverCount)
  const kind = isPair ? 'visit' : pickBy<OperationKind>(draft.kinds, random, 'visit')
  const browser = random.below(draft.browsers)
  const user = random.pick(draft.users)
  const forMs = Math.round(random.pick([300, 1500, 8000, 40_000]) * random.next())
  const gapMs = random.pick([0, 100, 1000])
  switch (kind) {
    case 'visit':
      return {
        at,
        seed,
        server,
        kind,
        browser,
        act: pickBy<Act>(draft.acts, random, 'read'),
        key: random.pick(draft.keys),
        user,
        handlerMs: random.chance(0.5) ? 0 : Math.round(random.next() * draft.slowMs),
        backMs: Math.round(random.next() * (random.chance(0.1) ? 5000 : 30)),
        isLost: random.chance(draft.loss),
        retries: random.below(3),
      }
    case 'watch':
      return { at, seed, server, kind, browser, forMs: 1000 + forMs }
    case 'copy':
      return { at, seed, server, kind, browser: 1 + random.below(draft.browsers - 1) }
    case 'revoke':
    case 'revoke-all':
    case 'list':
    case 'evict':
      return { at, seed, server, kind, user }
    case 'fault':
      return {
        at,
        seed,
        server,
        kind,
        fault: pickBy<FaultKind>(draft.faults, random, 'slow'),
        isForAll: random.chance(draft.forAll),
        share: random.pick([1, 1, 0.5, 0.2]),
        forMs,
      }
    case 'wipe':
      return { at, seed, server, kind, forMs: random.below(1000) }
    case 'failover':
      return { at, seed, server, kind, lagMs: random.pick([0, 50, 1000, 10_000]), forMs: random.below(2000) }
    case 'restart':
      return { at, seed, server, kind }
    case 'jump':
      return {
        at,
        seed,
        server,
        kind,
        byMs: Math.round(random.pick([1000, 60_000, 3_600_000]) * random.between(-1, 1)),
      }
    default:
      return { at, seed, server, kind, gapMs }
  }
}
