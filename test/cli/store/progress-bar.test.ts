import { describe, expect, it } from 'vitest'
import { createProgressBar } from '../../../src/cli/store/progress-bar.ts'
import { paintFor } from '../../../src/cli/terminal.ts'

describe('the progress', () => {
  /** The text on a screen, with a clock that a test moves. */
  function shown(isTTY: boolean, columns = 80) {
    const texts: string[] = []
    let at = 0
    const bar = createProgressBar({ isTTY, columns, write: (text: string) => texts.push(text) }, paintFor({}), () => at)
    return { texts, bar, advance: (milliseconds: number) => (at += milliseconds) }
  }

  it('is a bar on a terminal, drawn ten times a second and gone at the end', () => {
    const { texts, bar, advance } = shown(true)
    bar.show({ step: 'counting', done: 1, total: null })
    for (let done = 1; done <= 500; done++) {
      bar.show({ step: 'moving', done, total: 1000 })
      advance(1)
    }
    bar.show({ step: 'verifying', done: 1000, total: 1000 })
    bar.clear()
    bar.clear()

    expect(texts).toHaveLength(7)
    expect(texts[0]).toBe('\r\u001b[KCounting   1 session')
    expect(texts[3]).toBe(`\r\u001b[KMoving     ${'█'.repeat(9)}${'░'.repeat(21)}   30 %  301 of 1,000 sessions`)
    expect(texts[5]).toBe(`\r\u001b[KVerifying  ${'█'.repeat(30)}  100 %  1,000 of 1,000 sessions`)
    expect(texts[6]).toBe('\r\u001b[K')
  })

  it('says how fast it is, and keeps to one line of the terminal', () => {
    for (const [columns, line] of [
      [90, `Moving     ${'█'.repeat(15)}${'░'.repeat(15)}   50 %  6,000 of 12,000 sessions, 3,000/s`],
      [60, `Moving     ${'█'.repeat(3)}${'░'.repeat(3)}   50 %  6,000 of 12,000 sessions, 3,000/s`],
      [50, `Moving     ${'█'.repeat(3)}${'░'.repeat(2)}   50 %  6,000 of 12,000 sessions`],
      [30, 'Moving      50 %  6,000 of 12'],
    ] as const) {
      const { texts, bar, advance } = shown(true, columns)
      bar.show({ step: 'moving', done: 1, total: 12_000 })
      advance(2000)
      bar.show({ step: 'moving', done: 6000, total: 12_000 })

      expect(texts.at(-1)).toBe(`\r\u001b[K${line}`)
      expect(line.length).toBeLessThan(columns)
    }
  })

  it('is a line each ten seconds elsewhere', () => {
    const { texts, bar, advance } = shown(false)
    for (let done = 1; done <= 25; done++) {
      advance(1000)
      bar.show({ step: 'moving', done, total: 25 })
    }
    bar.clear()

    expect(texts).toEqual(['Moving: 10 of 25 sessions, 1/s\n', 'Moving: 20 of 25 sessions, 1/s\n'])
  })
})
