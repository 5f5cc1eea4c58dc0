import { expect, it } from 'vitest'
import { createWindowCounter } from '../../src/server/window-counter.ts'
import { stoppedClock } from '../support/app.ts'

it('counts by key, until the window of the key ends', () => {
  const clock = stoppedClock()
  const counter = createWindowCounter({ seconds: 60, now: clock.now })
  expect(counter.add('a')).toEqual({ count: 1, secondsLeft: 60 })
  clock.advance(45)
  expect(counter.add('a')).toEqual({ count: 2, secondsLeft: 15 })
  expect(counter.add('b')).toEqual({ count: 1, secondsLeft: 60 })
  counter.subtract('a', 1)
  expect(counter.count('a')).toBe(1)
  counter.subtract('a', 9)
  expect(counter.count('a')).toBe(0)
  clock.advance(15)
  expect(counter.add('a')).toEqual({ count: 1, secondsLeft: 60 })
  expect(counter.count('b')).toBe(1)
})

it('remembers a limited number of keys, the newest ones', () => {
  const counter = createWindowCounter({ seconds: 60, maxKeys: 100 })
  for (let i = 0; i < 10_000; i++) counter.add(`key ${i}`)
  expect(counter.size).toBe(100)
  expect([counter.count('key 9899'), counter.count('key 9900')]).toEqual([0, 1])
})

it('keeps a count near its limit while it is flooded with new keys', () => {
  const counter = createWindowCounter({ seconds: 60, maxKeys: 100 })
  for (let i = 0; i < 9; i++) counter.add('victim')
  for (let i = 0; i < 10_000; i++) counter.add(`key ${i}`)
  expect(counter.add('victim').count).toBe(10)
  expect(counter.size).toBe(100)
})

it('keeps a new key as long as it is among the newer half, also if all others have higher counts', () => {
  const counter = createWindowCounter({ seconds: 60, maxKeys: 100 })
  for (let i = 0; i < 200; i++) counter.add(`key ${i % 100}`)
  counter.add('victim')
  for (let i = 0; i < 49; i++) counter.add(`new key ${i}`)
  expect(counter.add('victim').count).toBe(2)
})

it('forgets windows that have ended', () => {
  const clock = stoppedClock()
  const counter = createWindowCounter({ seconds: 60, now: clock.now })
  for (let i = 0; i < 50; i++) counter.add(`key ${i}`)
  clock.advance(60)
  counter.add('new')
  expect(counter.size).toBe(1)
})
