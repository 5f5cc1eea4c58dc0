import { expect, it } from 'vitest'
import { createRetryQueue } from '../../src/repository/retry-queue.ts'
import { isBack, stopTime, wait } from '../support/outages.ts'
import { storeWorld } from '../support/stores.ts'

stopTime()

it('sign-ins that are refused because the store is down leave nothing to repeat', async () => {
  const visited = storeWorld()
  visited.store.fail()
  for (let count = 0; count < 2000; count++) {
    const session = await visited.sessions.open(null)
    session.signIn('ada')
    await expect(visited.sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE' })
  }
  visited.store.calls.length = 0
  await isBack(visited)
  await wait(10)

  // Those that reached the store before it counted as down, because it may have kept them.
  const ends = visited.store.calls.filter((verb) => verb === 'end')
  expect(ends.length).toBeGreaterThan(0)
  expect(ends.length).toBeLessThan(10)
})

it('more calls than a queue has room for push out its oldest', async () => {
  const done: string[] = []
  const queue = createRetryQueue(3, (name) => done.push(name))
  for (const name of ['one', 'two', 'three', 'two', 'four']) queue.add(name, { attempt: async () => true })
  await wait(2)

  expect(done).toEqual(['two', 'three', 'four'])
})
