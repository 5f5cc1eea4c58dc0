import { describe, expect, it } from 'vitest'
import { formatHttpDate, parseHttpDate } from '../../../src/flask/json/http-date.ts'

describe('a date is read as Python reads it', () => {
  it.each([
    ['Tue, 14 Nov 2023 22:13:20 GMT', '2023-11-14T22:13:20Z'],
    ['Mon, 14 Nov 2023 22:13:20 GMT', '2023-11-14T22:13:20Z'],
    ['Tue,14 Nov 2023 22:13:20 GMT', '2023-11-14T22:13:20Z'],
    ['14 nov 2023 22:13', '2023-11-14T22:13:00Z'],
    ['Tue, 14 November 2023 22:13:20 -0000', '2023-11-14T22:13:20Z'],
    ['Tue, 14 Nov 2023 22:13:20 +0100', '2023-11-14T21:13:20Z'],
    ['Tue, 14 Nov 2023 22:13:20 -0530 (there)', '2023-11-15T03:43:20Z'],
    ['Tue, 14 Nov 2023 22:13:20 EST', '2023-11-15T03:13:20Z'],
    ['Tue, 14 Nov 2023 22:13:20 constructor', '2023-11-14T22:13:20Z'],
    ['Tuesday, 14-Nov-23 22:13:20 GMT', '2023-11-14T22:13:20Z'],
    ['Tue Nov 14 22:13:20 2023', '2023-11-14T22:13:20Z'],
    ['Nov 14, 2023 22:13:20 GMT', '2023-11-14T22:13:20Z'],
    ['  Tue, 14  Nov\t2023 22.13.20 GMT ', '2023-11-14T22:13:20Z'],
    ['Thu, 29 Feb 2024 00:00:00 GMT', '2024-02-29T00:00:00Z'],
    ['Sun, 14 Nov 0100 22:13:20 GMT', '0100-11-14T22:13:20Z'],
    ['Mon, 01 Jan 0001 00:00:00 GMT', '2001-01-01T00:00:00Z'],
    ['Thu, 01 Jan 0068 00:00:00 GMT', '2068-01-01T00:00:00Z'],
    ['Thu, 01 Jan 0069 00:00:00 GMT', '1969-01-01T00:00:00Z'],
  ])('%s', (text, instant) => {
    expect(parseHttpDate(text)).toBe(Date.parse(instant))
  })

  it.each([
    '',
    'nonsense',
    '2023-11-14T22:13:20Z',
    'Tue, 30 Feb 2023 22:13:20 GMT',
    'Wed, 29 Feb 2023 22:13:20 GMT',
    '0 Nov 2023 22:13:20 GMT',
    '14 Nov 2023',
    '14 Foo 2023 22:13:20 GMT',
    '14 Nov 2023 24:00:00 GMT',
    '14 Nov 2023 22:60:00 GMT',
    '14 Nov 2023 22:13:60 GMT',
    '14 Nov 2023 22:13:20.5 GMT',
    '14 Nov 20233 22:13:20 GMT',
    '14 Nov 2023 22:13:20 +9999',
    '14 Nov 2023 22:13:20 +2400',
    `14 Nov 2023 22:13:20 GMT ${' '.repeat(100)}`,
  ])('%s is none', (text) => {
    expect(parseHttpDate(text)).toBeNull()
  })

  it('and written as HTTP spells it', () => {
    expect(formatHttpDate(new Date(1_700_000_000_999))).toBe('Tue, 14 Nov 2023 22:13:20 GMT')
    expect(formatHttpDate(new Date('0100-11-14T22:13:20Z'))).toBe('Sun, 14 Nov 0100 22:13:20 GMT')
  })
})
