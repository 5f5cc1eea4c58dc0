const { isTTY } = process.stderr
const dim = (text) => (isTTY && !process.env.NO_COLOR ? `\x1b[2m${text}\x1b[22m` : text)

/** Tells on standard error which round of how many is over. @param {string} section @param {number} rounds */
export function progress(section, rounds) {
  const started = Date.now()
  return (round) => {
    const what = round < 1 ? 'warm-up' : `round ${round} of ${rounds}`
    note(section, `${what}, ${Math.round((Date.now() - started) / 1000)} s`)
  }
}

/** Tells on standard error what is being done. @param {string} section @param {string} text */
export const note = (section, text) => console.error(dim(`${section}: ${text}`))
