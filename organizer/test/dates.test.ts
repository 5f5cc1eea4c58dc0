import { describe, expect, it } from 'vitest'
import { daysBetween, formatDuration, isDate } from '../src/dates.ts'

describe('dates and durations', () => {
  it.each([
    [604_800, '7 days'],
    [86_400, '1 day'],
    [43_200, '12 hours'],
    [3600, '1 hour'],
    [840, '14 minutes'],
    [61, '2 minutes'],
    [0.2, '1 second'],
  ])('formats %i seconds as %s', (seconds, words) => expect(formatDuration(seconds)).toBe(words))

  it('knows the days of each month, and leap years', () => {
    expect(['2026-02-28', '2028-02-29'].every(isDate)).toBe(true)
    expect(['2026-02-29', '2026-13-01', '2026-1-1', '', '2026-02-28T10:00'].some(isDate)).toBe(false)
    expect(daysBetween('2026-12-31', '2027-01-02')).toBe(2)
  })
})
