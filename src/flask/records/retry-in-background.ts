const retryDelayMs = 1000

/** Tries a call once a second until it succeeds, at most `attempts` times. No request waits for it. */
export function retryInBackground(call: () => Promise<unknown>, attempts = 60): void {
  const timer = setTimeout(() => {
    call().catch(() => {
      if (attempts > 1) retryInBackground(call, attempts - 1)
    })
  }, retryDelayMs)
  // Do not keep a stopping process alive.
  timer.unref?.()
}
