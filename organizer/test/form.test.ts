import { describe, expect, it } from 'vitest'
import { normalizeLine, normalizeText } from '../src/form.ts'

describe('a text from a form', () => {
  it('loses only control characters and surplus space', () => {
    expect(normalizeLine(' a\0b\t c\n👩‍👩‍👧 ')).toBe('a b c 👩‍👩‍👧')
    expect(normalizeText('a\r\nb\0\n\n\n\nc ')).toBe('a\nb \n\nc')
  })
})
