/** Where results go, so that no compiler finds that nobody wants them. */
export let kept

/**
 * The CPU time of an operation, in microseconds: of all threads, since much of what a library starts runs on others.
 *
 * @param {(index: number) => unknown} run
 * @param {number} operations
 * @param {number} inFlight how many promises at a time; 0 where there are none
 */
export async function cpuTime(run, operations, inFlight) {
  let next = 0
  const before = process.cpuUsage()
  if (inFlight === 0) while (next < operations) kept = run(next++)
  else await Promise.all(Array.from({ length: inFlight }, worker))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / operations

  async function worker() {
    while (next < operations) kept = await run(next++)
  }
}
