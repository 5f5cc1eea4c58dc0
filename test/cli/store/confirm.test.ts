import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { askConfirmation } from '../../../src/cli/store/confirm.ts'

describe('at a terminal it is asked first whether it may be decided', () => {
  function terminal(isTTY = true) {
    const [input, output] = [0, 1].map(() => Object.assign(new PassThrough(), { isTTY }))
    return { input: input!, output: output!, asked: () => String(output!.read() ?? '') }
  }

  it.each([
    ['y\n', true],
    ['Yes\n', true],
    ['\n', false],
    ['no\n', false],
    ['\u0003', false],
    ['\u0004', false],
  ])('%j', async (answer, is) => {
    const { input, output, asked } = terminal()
    const answered = askConfirmation('Go on? ', input, output)
    input.write(answer)

    expect(await answered).toBe(is)
    expect(asked()).toContain('Go on? ')
  })

  it('and no user if the session has none', async () => {
    const { input, output, asked } = terminal(false)

    expect(await askConfirmation('Go on? ', input, output)).toBe(true)
    expect(asked()).toBe('')
  })
})
