import { createPlan } from './drawing.ts'
import type { Operation, OperationKind, Plan } from './plan.ts'
import { createRandom } from './random.ts'

/** What a real store and one process can do. Servers neither stop nor change their options, and the store loses nothing. */
const kinds = new Set<OperationKind>(['visit', 'copy', 'watch', 'revoke', 'revoke-all', 'list', 'fault', 'jump'])
const focuses = [undefined, 'ends', 'devices', 'sides', 'tabs', 'outage']
/** How long the operations of a plan take, in milliseconds. */
const spanMs = 2000

/** Draws a plan that is short enough for real time. */
export function createQuickPlan(seed: number): Plan {
  const plan = createPlan(seed, createRandom(seed).pick(focuses), 30)
  const operations = plan.operations.filter(({ kind }) => kinds.has(kind))
  const lastAt = operations.at(-1)?.at ?? 0
  const pace = Math.min(1, spanMs / lastAt)
  return {
    ...plan,
    servers: plan.servers.slice(0, 3).map(({ aheadMs }) => ({ aheadMs, rate: 1 })),
    storeAheadMs: 0,
    options: { ...plan.options, hasStore: true, idleTimeout: 7 * 86_400, absoluteTimeout: 30 * 86_400 },
    operations: operations.map((operation) => shorten({ ...operation, at: Math.round(operation.at * pace) })),
    isQuick: true,
  }
}

function shorten(operation: Operation): Operation {
  switch (operation.kind) {
    case 'visit':
      return { ...operation, backMs: Math.min(operation.backMs, 300), retries: Math.min(operation.retries, 1) }
    case 'fault':
      return { ...operation, forMs: Math.min(operation.forMs, 1500) }
    case 'watch':
      return { ...operation, forMs: Math.min(operation.forMs, 4500) }
    default:
      return operation
  }
}
