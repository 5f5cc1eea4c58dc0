const retryDelayMs = 1000

/** Asks again, each second for as many times, for what nobody waits for. */
export function retryInBackground(call: () => Promise<unknown>, attempts = 60): void {
  const timer = setTimeout(() => {
    call().catch(() => {
      if (attempts > 1) retryInBackground(call, attempts - 1)
    })
  }, retryDelayMs)
  // A server that is to stop does not wait for its store.
  timer.unref?.()
}
