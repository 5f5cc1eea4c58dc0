import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { createSessions } from '../src/index.ts'
import { memoryStore } from '../src/stores/memory.ts'
import { secrets } from './support/sessions.ts'
import { untilFired } from './support/watching.ts'

it('what is watched is known to be over also where the code that watches could not be loaded at first', async () => {
  vi.doMock('../src/watching.ts', () => {
    throw new Error('EMFILE: too many open files')
  })
  const sessions = createSessions({ store: memoryStore(), secrets, onEvent() {} })
  const session = await sessions.open(null)
  session.signIn('ada')
  await sessions.commit(session)
  const signal = sessions.watch(session)
  await pause(100)
  await sessions.revoke('ada', session.id!)
  await pause(100)
  expect(signal.aborted).toBe(false)
  vi.doUnmock('../src/watching.ts')
  await untilFired(signal)
  expect(signal.reason).toBe('revoked')
})
