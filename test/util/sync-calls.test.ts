import { expect, it } from 'vitest'
import { withoutPromise, withPromise } from '../../src/util/sync-calls.ts'

it('a function that has its result at once returns a promise, and none if it is called without', async () => {
  const double = withPromise<(value: number) => Promise<number>>((value) => value * 2)

  expect(withoutPromise(double)(2)).toBe(4)
  expect(double(2)).toBeInstanceOf(Promise)
  expect(await double(2)).toBe(4)
})

it('an error of the function rejects its promise', async () => {
  const fail = withPromise<() => Promise<void>>(() => {
    throw new Error('full')
  })
  await expect(fail()).rejects.toThrow('full')
})

it('any other function is called as it is', async () => {
  const call = async () => 1
  expect(withoutPromise(call)).toBe(call)
})

it('a Proxy of the function is called, not the function behind it', () => {
  const double = withPromise<(value: number) => Promise<number>>((value) => value * 2)
  const proxy = new Proxy(double, {})
  expect(withoutPromise(proxy)).toBe(proxy)
})
