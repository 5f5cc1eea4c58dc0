import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { daysBetween, inWords, isDate } from '../../src/dates.ts'
import { readConfig } from '../../src/server/config.ts'
import { deviceName, nameOfLabel } from '../../src/device-name.ts'
import { line, lines } from '../../src/form.ts'
import { listen } from '../../src/server/listen.ts'

describe('a device', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0',
      'Edge on Windows',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
      'Safari on iPhone',
    ],
    [
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36',
      'Chrome on Android',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 OPR/120.0.0.0',
      'Opera on Mac',
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/150.0.0.0 Safari/537.36',
      'Chrome on Linux',
    ],
    ['curl/8.14.1', 'curl'],
    ['<script>', null],
    ['', null],
    [undefined, null],
  ])('%j is called %j', (agent, name) => expect(deviceName(agent)).toBe(name))

  it.each([
    ['Firefox on Linux', 'Firefox on Linux'],
    ['Samsung Internet on Android', 'Samsung Internet on Android'],
    ['Windows', 'Windows'],
    ['curl', 'curl'],
    ['Firefox on Linux at 203.0.113.9', 'A device'],
    ['Linux on Firefox', 'A device'],
    ['', 'A device'],
    [null, 'A device'],
  ])('that was labelled %j is shown as %j', (label, name) => expect(nameOfLabel(label)).toBe(name))
})

describe('times', () => {
  it.each([
    [604_800, '7 days'],
    [86_400, '1 day'],
    [43_200, '12 hours'],
    [3600, '1 hour'],
    [840, '14 minutes'],
    [61, '2 minutes'],
    [0.2, '1 second'],
  ])('%i seconds are %s', (seconds, words) => expect(inWords(seconds)).toBe(words))

  it('know the calendar', () => {
    expect(['2026-02-28', '2028-02-29'].every(isDate)).toBe(true)
    expect(['2026-02-29', '2026-13-01', '2026-1-1', '', '2026-02-28T10:00'].some(isDate)).toBe(false)
    expect(daysBetween('2026-12-31', '2027-01-02')).toBe(2)
  })
})

describe('what people type', () => {
  it('loses control characters and surplus space, and nothing else', () => {
    expect(line(' a\0b\t c\n👩‍👩‍👧 ')).toBe('a b c 👩‍👩‍👧')
    expect(lines('a\r\nb\0\n\n\n\nc ')).toBe('a\nb \n\nc')
  })
})

describe('the environment', () => {
  it('says nothing, and the defaults hold', () => {
    expect(readConfig({})).toEqual({
      production: false,
      host: '127.0.0.1',
      port: 5000,
      portGiven: false,
      trustProxy: 0,
      dataDir: '.data',
      databaseUrl: null,
      sessionType: 'sqlite',
      redisUrl: 'redis://127.0.0.1:6379',
      unconfirmedFor: 600,
      idleTimeout: 604_800,
      absoluteTimeout: 2_592_000,
    })
  })
})

describe('the default port', () => {
  it('gives way to the next free one when it is taken', async () => {
    const config = readConfig({})
    const [first, second] = [createServer(), createServer()]
    const taken = await listen(first, { ...config, port: 0 })
    const port = await listen(second, { ...config, port: taken })
    expect(port).toBeGreaterThan(taken)
    expect((second.address() as AddressInfo).port).toBe(port)
    first.close()
    second.close()
  })
})
