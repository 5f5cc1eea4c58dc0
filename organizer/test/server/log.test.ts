import { afterEach, expect, it, vi } from 'vitest'
import { createLog } from '../../src/server/log.ts'
import { logSessions } from '../../src/server/log-sessions.ts'

afterEach(() => void vi.unstubAllEnvs())

it.each([
  ['', []],
  ['1', [expect.stringMatching(/^Error: read ECONNRESET\n +at /)]],
])('an outage of the session store is one line, with the stack only if DEBUG is set (%s)', (debug, stack) => {
  vi.stubEnv('DEBUG', debug)
  const lines: string[] = []
  const onEvent = logSessions(createLog({ json: false, write: (text) => lines.push(text) }))
  const message = 'Redis at db:6379 did not answer within 0.25 s'
  onEvent({ type: 'store-down', message, error: new Error('read ECONNRESET') })
  onEvent({ type: 'store-up' })
  expect(lines).toEqual([message, ...stack, 'the session store answers again'])
})
