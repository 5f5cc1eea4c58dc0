import { describe, expect, it } from 'vitest'
import { paintFor } from '../../src/cli/terminal.ts'

describe('colours', () => {
  const terminal = { isTTY: true, hasColors: () => true }

  it('are for a terminal that has them', () => {
    expect(paintFor(terminal, {}).good('✓')).toBe('\u001b[32m✓\u001b[39m')
    expect(paintFor({ ...terminal, hasColors: () => false }, {}).good('✓')).toBe('✓')
  })

  it('are not for a pipe, nor where NO_COLOR is set', () => {
    expect(paintFor({}, {}).good('✓')).toBe('✓')
    expect(paintFor({ hasColors: () => true }, {}).good('✓')).toBe('✓')
    expect(paintFor(terminal, { NO_COLOR: '1' }).good('✓')).toBe('✓')
  })
})
