/**
 * Calls a function so many times, with several calls in flight, because a single one would also pay for waking up another
 * thread. It gets the number of the call, and of the place in flight.
 *
 * Resolves to the microseconds of CPU of a call, of all threads, and to its mean latency in milliseconds.
 */
export async function measureCalls(run, count, inFlight = 16) {
  let next = 0
  const worker = async (_, place) => {
    while (next < count) await run(next++, place)
  }
  const startedAt = performance.now()
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: inFlight }, worker))
  const { user, system } = process.cpuUsage(before)
  return { cpu: (user + system) / count, latency: ((performance.now() - startedAt) * inFlight) / count }
}

/** Repeats a measurement of `count` calls, because V8 compiles code while it is new. */
export async function warmUp(measure, count, { calls = 10_000, maxMs = 1000 } = {}) {
  const startedAt = performance.now()
  for (let done = 0; done < calls && performance.now() - startedAt < maxMs; done += count) await measure()
}
