const columns = 24
const intervalMs = 200

/**
 * Shows how far a long task is, on standard error, and only on a terminal. Returns the function that removes the bar.
 *
 * @param {string} label
 * @param {() => number} count returns how much is done
 * @param {number} total
 * @param {{ isTTY?: boolean, write(text: string): unknown }} screen
 */
export function showProgress(label, count, total, screen = process.stderr) {
  if (screen.isTTY !== true || process.env.TERM === 'dumb') return () => {}
  const draw = () => {
    const done = Math.min(count(), total)
    const full = Math.round((done / total) * columns)
    screen.write(`\r${label}  ${'█'.repeat(full)}${'░'.repeat(columns - full)}  ${done} of ${total}\u001b[K`)
  }
  draw()
  const timer = setInterval(draw, intervalMs)
  return () => {
    clearInterval(timer)
    screen.write('\r\u001b[K')
  }
}
