import { setTimeout as delay } from 'node:timers/promises'
import type { Sessions } from '../../../src/index.ts'

export type Arrange = (sessions: Sessions) => Sessions

/** The sessions that a host is served with: some respond at once, and some take time, as a store does. */
export const arrangements: [string, Arrange][] = [
  ['in their cookie', (sessions) => sessions],
  ['that take a while', slow],
]

export function slow(sessions: Sessions): Sessions {
  return {
    ...sessions,
    async open(header) {
      await delay(2)
      return sessions.open(header)
    },
    async commit(session, options) {
      await delay(3)
      return sessions.commit(session, options)
    },
  }
}

/** Sessions whose commit rejects, at once or after a while; unless it is called as failed. */
export function failing(sessions: Sessions, error: Error, { after = 0, always = false } = {}): Sessions {
  return {
    ...sessions,
    async commit(session, options) {
      if (after > 0) await delay(after)
      if (always || options?.failed !== true) throw error
      return sessions.commit(session, options)
    },
  }
}
