import { expect, it } from 'vitest'
import { createSessions, internalsOf } from '../../src/sessions.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { SessionStore } from '../../src/stores/store.ts'
import { signedInAs } from '../../src/testing/testing.ts'

const secrets = ['a secret of at least 32 bytes for tests only']

/** Returns whether opening a user's session, and saving a change of it, returned promises. */
async function waits(store: SessionStore): Promise<readonly boolean[]> {
  const sessions = createSessions({ store, secrets })
  const cookie = await signedInAs(sessions, 'ada', { data: {} })
  const { lifecycle } = internalsOf.get(sessions)!
  const opening = lifecycle.open(cookie)
  const session = await opening
  session.data.visits = 1
  const committing = lifecycle.commit(session)
  await committing
  expect((await sessions.open(cookie)).data).toEqual({ visits: 1 })
  return [opening instanceof Promise, committing instanceof Promise]
}

it('a store in memory answers at once, so that no request waits for a promise', async () => {
  expect(await waits(memoryStore())).toEqual([false, false])
})

it('a function that replaces one of the store is called', async () => {
  const store = memoryStore()
  const reads: string[] = []
  const { read } = store
  store.read = async (key) => {
    reads.push(key.id)
    return read(key)
  }
  expect(await waits(store)).toEqual([true, false])
  expect(reads).toHaveLength(2)
})
