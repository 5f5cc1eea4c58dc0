import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { callOther, orElse } from '../../src/util/store-answers.ts'

it('an answer that is there at once is no promise', () => {
  expect(callOther(() => 1)).toBe(1)
  expect(callOther(() => null)).toBeNull()
})

it('an error that a call throws at once is a rejected promise', async () => {
  const thrown = callOther(() => {
    throw new Error('gone')
  })
  await expect(thrown).rejects.toThrow('gone')
})

it('waits for a promise of another realm, as tests in Jest have them', async () => {
  const answer = callOther(() => runInNewContext('Promise.resolve(2)') as Promise<number>)
  expect(answer).toBeInstanceOf(Promise)
  expect(await answer).toBe(2)
})

it('replaces only an error', async () => {
  expect(orElse(1, () => 2)).toBe(1)
  expect(await orElse(Promise.resolve(1), () => 2)).toBe(1)
  expect(await orElse(Promise.reject(new Error('gone')), () => 2)).toBe(2)
})
