import { expect, it } from 'vitest'
import { createLog } from '../../src/server/log.ts'
import { logSessions } from '../../src/server/log-sessions.ts'

it.each([
  [false, /^Redis at db:6379 does not answer: read ECONNRESET$/],
  [true, /^Redis at db:6379 does not answer: read ECONNRESET\nError: read ECONNRESET\n +at /],
])(
  'an outage of the session store is one line that names it, with its stack only for debugging (%s)',
  (debug, line) => {
    const lines: string[] = []
    const log = createLog({ json: false, debug, write: (text) => lines.push(text) })
    const onEvent = logSessions(log, 'Redis at db:6379')
    onEvent({ type: 'store-down', error: new Error('read ECONNRESET') })
    onEvent({ type: 'store-up' })
    expect(lines).toEqual([expect.stringMatching(line), 'Redis at db:6379 answers again'])
  },
)
