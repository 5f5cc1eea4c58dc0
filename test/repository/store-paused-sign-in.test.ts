import { afterEach, expect, it, vi } from 'vitest'
import { createSessions } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'

afterEach(() => void vi.restoreAllMocks())

it('refuses a sign-in that was opened before revokeAll, also if the process pauses while it is saved', async () => {
  let [time, step] = [1000, 0.001]
  vi.spyOn(performance, 'now').mockImplementation(() => (time += step))
  const sessions = createSessions({ secrets: ['x'.repeat(32)], store: memoryStore(), storeTimeout: 60 })
  const slow = await sessions.open(null)
  slow.signIn('ada')
  await sessions.revokeAll('ada')
  step = 20

  await expect(sessions.commit(slow)).rejects.toMatchObject({ code: 'ERR_SIGN_IN_REFUSED' })
  expect(await sessions.list('ada')).toEqual([])
})
