import type { Operation, Plan } from '../../src/testing/simulation/plan.ts'

/** Makes a plan as small as it can be while it still fails. Each operation has its own seed, so leaving one out changes no other. */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let smallest = plan
  const attempt = async (smaller: Plan): Promise<boolean> => {
    if (!(await fails(smaller))) return false
    smallest = smaller
    return true
  }

  async function leaveOut(): Promise<void> {
    for (let size = Math.ceil(smallest.operations.length / 2); size >= 1; size = Math.floor(size / 2)) {
      for (let at = 0; at < smallest.operations.length;) {
        const operations = smallest.operations.toSpliced(at, size)
        if (!(await attempt({ ...smallest, operations }))) at += size
      }
    }
  }

  await leaveOut()
  // Fewer servers: what the last one did, the first one does.
  while (smallest.servers.length > 1 && (await attempt({ ...smallest, servers: smallest.servers.slice(0, -1) })));
  for (const index of smallest.servers.keys()) {
    const servers = smallest.servers.with(index, { aheadMs: 0, rate: 1 })
    await attempt({ ...smallest, servers })
  }
  await attempt({ ...smallest, storeAheadMs: 0 })
  for (const index of smallest.operations.keys())
    for (const operation of simpler(smallest.operations[index]!))
      await attempt({ ...smallest, operations: smallest.operations.with(index, operation) })
  await leaveOut()
  return smallest
}

/** Returns simpler forms of an operation. */
function simpler(operation: Operation): Operation[] {
  if (operation.kind === 'visit')
    return [
      { ...operation, isLost: false },
      { ...operation, retries: 0 },
      { ...operation, handlerMs: 0 },
      { ...operation, backMs: 0 },
    ]
  if (operation.kind === 'fault')
    return [
      { ...operation, share: 1 },
      { ...operation, isForAll: true },
    ]
  return []
}
