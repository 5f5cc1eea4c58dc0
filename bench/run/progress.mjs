/**
 * Reports what runs and how much is left. On a terminal, one line changes in place. Without a terminal or with NO_COLOR,
 * there is one plain line a section.
 *
 * @param {{ isTTY?: boolean, columns?: number, write: (text: string) => unknown }} stream
 * @param {NodeJS.ProcessEnv} env
 * @param {number} sectionCount
 */
export function createProgress(stream, env, sectionCount) {
  const isLive = Boolean(stream.isTTY) && !env.NO_COLOR && env.TERM !== 'dumb'
  let count = 0
  let section = ''
  let sectionStartedAt = 0
  let roundsStartedAt = null
  let shownAt = 0

  const show = (text) => stream.write(`\r\x1b[K${text.slice(0, (stream.columns ?? 80) - 1)}`)
  return {
    /** @param {string} name */
    start(name) {
      section = name
      sectionStartedAt = performance.now()
      roundsStartedAt = null
      count++
      if (!isLive) stream.write(`${count}/${sectionCount} ${name} …\n`)
    },
    /** @param {string} text what runs now @param {number} [part] of the section that is done, from 0 to 1 */
    step(text, part) {
      const now = performance.now()
      if (part !== undefined) roundsStartedAt ??= now
      if (!isLive || now - shownAt < 100) return
      shownAt = now
      const left = part ? `, ${formatSeconds(((now - roundsStartedAt) * (1 - part)) / part)} left` : ''
      show(`${count}/${sectionCount} ${section}: ${text}${left}`)
    },
    end() {
      const text = `${count}/${sectionCount} ${section}: ${formatSeconds(performance.now() - sectionStartedAt)}\n`
      if (isLive) show(text)
      else stream.write(text)
    },
  }
}

function formatSeconds(ms) {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
