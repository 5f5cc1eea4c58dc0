/**
 * Runs something, and resolves to how long it took and to the longest time within it in which nothing else had a turn,
 * both in milliseconds.
 */
export async function pauseOf(run) {
  let longest = 0
  let isOver = false
  const started = performance.now()
  let last = started
  const tick = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    if (!isOver) setImmediate(tick)
  }
  setImmediate(tick)
  await run()
  const total = performance.now() - started
  await new Promise(setImmediate) // what it did since the last tick is a pause as well
  isOver = true
  return { total, longest }
}
