/** Makes a call now, or as soon as fewer calls than the limit are running. */
export type ConcurrencyLimit = <Value>(call: () => Promise<Value>) => Promise<Value>

/** Runs at most `count` calls at once. Some clients reject more than a thousand commands that wait for a reply. */
export function limitConcurrency(count: number): ConcurrencyLimit {
  const waiting: (() => void)[] = []
  let running = 0

  return async (call) => {
    if (running < count) running++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await call()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
