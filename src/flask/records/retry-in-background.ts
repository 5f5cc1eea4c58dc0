const pause = 1000

/** Asks again, each second for as many times, for what nobody waits for. */
export function insist(ask: () => Promise<unknown>, tries = 60): void {
  const timer = setTimeout(() => {
    ask().catch(() => {
      if (tries > 1) insist(ask, tries - 1)
    })
  }, pause)
  // A server that is to stop does not wait for its store.
  timer.unref?.()
}
