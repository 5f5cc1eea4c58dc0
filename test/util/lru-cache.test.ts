import { expect, it } from 'vitest'
import { createLruCache } from '../../src/util/lru-cache.ts'

it('keeps what was used lately, and forgets what was not, within its budget', () => {
  const recent = createLruCache<number>(100)
  for (let index = 0; index < 1000; index++) {
    recent.set(`key ${index}`.padEnd(10), index)
    expect(recent.get('key 0'.padEnd(10))).toBe(0)
  }

  expect(recent.get('key 999'.padEnd(10))).toBe(999)
  expect(recent.get('key 500'.padEnd(10))).toBeUndefined()
})

it('keeps at least a budget full of the last ones', () => {
  const recent = createLruCache<true>(100)
  for (let index = 0; index < 1000; index++) recent.set(String(index).padStart(10), true)

  for (let index = 990; index < 1000; index++) expect(recent.get(String(index).padStart(10))).toBe(true)
})

it('keeps the newest value of a key', () => {
  const recent = createLruCache<number>(10)
  recent.set('a', 1)
  recent.set('bbbbbbbbb', 1)
  recent.set('cccc', 1)
  recent.set('a', 2)

  expect(recent.get('a')).toBe(2)
})

it('weighs entries by its function, and keeps an entry that is heavier than the budget all the same', () => {
  const recent = createLruCache<string>(10, (value) => value.length)
  recent.set('a', 'x')
  recent.set('b', 'x'.repeat(50))
  expect([recent.get('a'), recent.get('b')]).toEqual(['x', 'x'.repeat(50)])

  recent.set('c', 'x'.repeat(9))
  recent.set('d', 'x'.repeat(9))
  expect(recent.get('b')).toBeUndefined()
})
