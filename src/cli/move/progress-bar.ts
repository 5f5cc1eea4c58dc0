import type { MoveProgress } from '../../move/index.ts'
import { formatCount, type Paint, type Screen } from '../terminal.ts'

/** Shows how far a move has come. */
export interface ProgressBar {
  show(progress: MoveProgress): void
  /** Takes away what stands there, so that something else can be written. */
  clear(): void
}

/** Where progress is shown. */
export interface ProgressScreen extends Screen {
  readonly columns?: number
  write(text: string): unknown
}

const stepLabels = { counting: 'Counting', moving: 'Moving', clearing: 'Clearing', verifying: 'Verifying' } as const
const maxBarColumns = 30
const minBarColumns = 5

/**
 * A bar for a terminal, drawn anew ten times a second; elsewhere a line each ten seconds, and none for what is done sooner.
 *
 * @param now tells the time, in milliseconds
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
      // One column is left, since a line that is full goes on in the next, which the next drawing would not take away.
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
  { step, done, total }: MoveProgress,
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

/** There may be more by now than were counted. */
const formatProgress = ({ done, total }: MoveProgress): string =>
  total === null
    ? formatCount(done, 'session')
    : `${done.toLocaleString('en')} of ${formatCount(Math.max(done, total), 'session')}`

/** Of the first second there is nothing to tell. */
const formatRate = (done: number, milliseconds: number): string =>
  milliseconds < 1000 ? '' : `, ${Math.round((done / milliseconds) * 1000).toLocaleString('en')}/s`
