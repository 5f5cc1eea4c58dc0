/** Makes a call now, or when one of those that are under way is done. */
export type ConcurrencyLimit = <Value>(call: () => Promise<Value>) => Promise<Value>

/** Makes calls, so many of them at once; the others wait. Some clients refuse what is more than a thousand. */
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
