import type { MoveProgress } from '../move.ts'
import { counted, type Paint, type Screen } from './print.ts'

/** Shows how far a move has come. */
export interface Bar {
  show(progress: MoveProgress): void
  /** Takes away what stands there, so that something else can be written. */
  clear(): void
}

const words = { counting: 'Counting', moving: 'Moving', verifying: 'Verifying' } as const
const width = 30

/**
 * A bar for a terminal, drawn anew ten times a second; elsewhere a line each ten seconds, and none for what is done sooner.
 *
 * @param now tells the time, in milliseconds
 */
export function createBar(
  screen: Screen & { write(text: string): unknown },
  paint: Paint,
  now: () => number = () => performance.now(),
): Bar {
  const isTerminal = screen.isTTY === true
  const pause = isTerminal ? 100 : 10_000
  let last = isTerminal ? -Infinity : now()
  let isDrawn = false

  return {
    show(progress) {
      const { done, total } = progress
      const isLast = isTerminal && done === total
      if (!isLast && now() - last < pause) return
      last = now()
      isDrawn = isTerminal
      screen.write(isTerminal ? `\r\u001b[K${drawn(progress, paint)}` : `${said(progress)}\n`)
    },
    clear() {
      if (isDrawn) screen.write('\r\u001b[K')
      isDrawn = false
    },
  }
}

function drawn({ step, done, total }: MoveProgress, paint: Paint): string {
  const word = words[step].padEnd(9)
  if (total === null) return `${word}  ${counted(done, 'session')}`
  const share = total === 0 ? 1 : Math.min(1, done / total)
  const full = Math.round(share * width)
  const bar = `${paint.good('█'.repeat(full))}${paint.faint('░'.repeat(width - full))}`
  return `${word}  ${bar}  ${`${Math.floor(share * 100)}`.padStart(3)} %  ${of(done, total)}`
}

const said = ({ step, done, total }: MoveProgress): string =>
  `${words[step]}: ${total === null ? counted(done, 'session') : of(done, total)}`

/** There may be more by now than were counted. */
const of = (done: number, total: number): string =>
  `${done.toLocaleString('en')} of ${counted(Math.max(done, total), 'session')}`
