import type { MoveProgress } from '../../move/index.ts'
import { counted, type Paint, type Screen } from '../terminal.ts'

/** Shows how far a move has come. */
export interface Bar {
  show(progress: MoveProgress): void
  /** Takes away what stands there, so that something else can be written. */
  clear(): void
}

/** Where progress is shown. */
export interface BarScreen extends Screen {
  readonly columns?: number
  write(text: string): unknown
}

const words = { counting: 'Counting', moving: 'Moving', clearing: 'Clearing', verifying: 'Verifying' } as const
const widest = 30
const least = 5

/**
 * A bar for a terminal, drawn anew ten times a second; elsewhere a line each ten seconds, and none for what is done sooner.
 *
 * @param now tells the time, in milliseconds
 */
export function createBar(screen: BarScreen, paint: Paint, now: () => number = () => performance.now()): Bar {
  const isTerminal = screen.isTTY === true && process.env['TERM'] !== 'dumb'
  const pause = isTerminal ? 100 : 10_000
  let last = isTerminal ? -Infinity : now()
  let isDrawn = false
  let [step, began] = ['', 0]

  return {
    show(progress) {
      const { done, total } = progress
      if (progress.step !== step) [step, began] = [progress.step, now()]
      const isLast = isTerminal && done === total
      if (!isLast && now() - last < pause) return
      last = now()
      isDrawn = isTerminal
      const told = [howFar(progress), rate(done, now() - began)] as const
      // One column is left, since a line that is full goes on in the next, which the next drawing would not take away.
      const drawn = () => drawnBar(progress, told, (screen.columns || 80) - 1, paint)
      screen.write(isTerminal ? `\r\u001b[K${drawn()}` : `${words[progress.step]}: ${told.join('')}\n`)
    },
    clear() {
      if (isDrawn) screen.write('\r\u001b[K')
      isDrawn = false
    },
  }
}

function drawnBar(
  { step, done, total }: MoveProgress,
  [far, rate]: readonly [string, string],
  columns: number,
  paint: Paint,
): string {
  const word = words[step].padEnd(9)
  const share = total === null ? null : total === 0 ? 1 : Math.min(1, done / total)
  const percent = share === null ? '' : `${Math.floor(share * 100)}`.padStart(3) + ' %  '
  const text = `${word}  ${percent}${far}`
  const told = text.length + rate.length <= columns ? rate : ''
  const width = Math.min(widest, columns - text.length - told.length - 2)
  if (share === null || width < least) return `${text}${told}`.slice(0, columns)
  const full = Math.round(share * width)
  return `${word}  ${paint.good('█'.repeat(full))}${paint.faint('░'.repeat(width - full))}  ${percent}${far}${told}`
}

/** There may be more by now than were counted. */
const howFar = ({ done, total }: MoveProgress): string =>
  total === null
    ? counted(done, 'session')
    : `${done.toLocaleString('en')} of ${counted(Math.max(done, total), 'session')}`

/** Of the first second there is nothing to tell. */
const rate = (done: number, milliseconds: number): string =>
  milliseconds < 1000 ? '' : `, ${Math.round((done / milliseconds) * 1000).toLocaleString('en')}/s`
