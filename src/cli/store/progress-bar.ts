import { formatCount, type Paint, type Screen } from '../terminal.ts'

/** How many sessions a step of a command is done with. */
export interface Progress {
  readonly step: keyof typeof stepLabels
  readonly done: number
  /** `null` if it is not known. */
  readonly total: number | null
}

/** Shows the progress of a command. */
export interface ProgressBar {
  show(progress: Progress): void
  /** Removes the bar, so that another line can be written. */
  clear(): void
}

/** The stream that shows the progress. */
export interface ProgressScreen extends Screen {
  readonly columns?: number
  write(text: string): unknown
}

const stepLabels = {
  counting: 'Counting',
  moving: 'Moving',
  clearing: 'Clearing',
  verifying: 'Verifying',
  reading: 'Reading',
} as const
const maxBarColumns = 30
const minBarColumns = 5

/**
 * Creates a progress bar. On a terminal it is redrawn ten times a second. Elsewhere it writes one line every ten seconds.
 *
 * @param now returns the time in milliseconds
 */
export function createProgressBar(
  screen: ProgressScreen,
  paint: Paint,
  now: () => number = () => performance.now(),
): ProgressBar {
  const isTerminal = screen.isTTY === true && process.env['TERM'] !== 'dumb'
  const redrawIntervalMs = isTerminal ? 100 : 10_000
  let drawnAt = isTerminal ? -Infinity : now()
  let isDrawn = false
  let [step, stepStartedAt] = ['', 0]

  return {
    show(progress) {
      const { done, total } = progress
      if (progress.step !== step) [step, stepStartedAt] = [progress.step, now()]
      const isLast = isTerminal && done === total
      if (!isLast && now() - drawnAt < redrawIntervalMs) return
      drawnAt = now()
      isDrawn = isTerminal
      const texts = [formatProgress(progress), formatRate(done, now() - stepStartedAt)] as const
      // Leave one column free: a full line would wrap, and redrawing removes only its last line.
      const drawBar = () => formatBar(progress, texts, (screen.columns || 80) - 1, paint)
      screen.write(isTerminal ? `\r\u001b[K${drawBar()}` : `${stepLabels[progress.step]}: ${texts.join('')}\n`)
    },
    clear() {
      if (isDrawn) screen.write('\r\u001b[K')
      isDrawn = false
    },
  }
}

function formatBar(
  { step, done, total }: Progress,
  [progressText, rateText]: readonly [string, string],
  columns: number,
  paint: Paint,
): string {
  const word = stepLabels[step].padEnd(9)
  const share = total === null ? null : total === 0 ? 1 : Math.min(1, done / total)
  const percent = share === null ? '' : `${Math.floor(share * 100)}`.padStart(3) + ' %  '
  const text = `${word}  ${percent}${progressText}`
  const shownRate = text.length + rateText.length <= columns ? rateText : ''
  const width = Math.min(maxBarColumns, columns - text.length - shownRate.length - 2)
  if (share === null || width < minBarColumns) return `${text}${shownRate}`.slice(0, columns)
  const full = Math.round(share * width)
  return `${word}  ${paint.good('█'.repeat(full))}${paint.faint('░'.repeat(width - full))}  ${percent}${progressText}${shownRate}`
}

/** Formats the count. More sessions may exist by now than were counted. */
const formatProgress = ({ done, total }: Progress): string =>
  total === null
    ? formatCount(done, 'session')
    : `${done.toLocaleString('en')} of ${formatCount(Math.max(done, total), 'session')}`

/** Formats the rate, after the first second. */
const formatRate = (done: number, milliseconds: number): string =>
  milliseconds < 1000 ? '' : `, ${Math.round((done / milliseconds) * 1000).toLocaleString('en')}/s`
