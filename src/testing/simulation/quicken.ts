import { createPlan } from './drawing.ts'
import type { Operation, OperationKind, Plan } from './plan.ts'
import { Random } from './random.ts'

/** The operations that a real store and one process can do. Servers neither stop nor change their options, and the store loses nothing. */
const kinds = new Set<OperationKind>(['visit', 'copy', 'watch', 'revoke', 'revoke-all', 'list', 'fault', 'jump'])
const focuses = [undefined, 'ends', 'devices', 'sides', 'tabs', 'outage']
/** How long the operations of a plan take, in milliseconds. */
const spanMs = 2000

/** Draws a plan that is short enough for real time. Its browsers sign in first, because there is no time for guests. */
export function createQuickPlan(seed: number): Plan {
  const random = new Random(seed)
  const plan = createPlan(seed, random.pick(focuses), 45)
  const operations = plan.operations.filter(({ kind }) => kinds.has(kind))
  const lastAt = operations.at(-1)?.at ?? 0
  const pace = Math.min(1, spanMs / lastAt)
  const users = operations.flatMap((operation) => ('user' in operation ? operation.user : []))
  return {
    ...plan,
    servers: plan.servers.slice(0, 3).map(({ aheadMs }) => ({ aheadMs, rate: 1 })),
    storeAheadMs: 0,
    options: { ...plan.options, hasStore: true, idleTimeout: 7 * 86_400, absoluteTimeout: 30 * 86_400 },
    operations: [
      ...Array.from({ length: plan.browsers - 1 }, (_, index) => signIn(index + 1, users, random)),
      ...operations.map((operation) => shorten({ ...operation, at: 60 + Math.round(operation.at * pace) })),
    ],
    isQuick: true,
  }
}

const signIn = (browser: number, users: readonly string[], random: Random): Operation => ({
  at: random.below(50),
  seed: random.below(2 ** 31),
  server: random.below(3),
  kind: 'visit',
  browser,
  act: 'sign-in',
  key: 'cart',
  user: users.length === 0 ? 'ada' : random.pick(users),
  handlerMs: 0,
  backMs: 0,
  isLost: false,
  retries: 0,
})

function shorten(operation: Operation): Operation {
  switch (operation.kind) {
    case 'visit':
      return { ...operation, backMs: Math.min(operation.backMs, 300), retries: Math.min(operation.retries, 1) }
    case 'fault':
      return { ...operation, forMs: Math.min(operation.forMs, 700) }
    case 'watch':
      return { ...operation, forMs: Math.min(operation.forMs, 4500) }
    default:
      return operation
  }
}
