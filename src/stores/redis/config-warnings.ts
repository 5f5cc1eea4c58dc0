import type { RedisConnection } from './connection/types.ts'
import { findConfigWarnings } from './find-config-warnings.ts'

const shownWarnings = new Set<string>()

/** Gives what says them on the console, once in a process; where the server could not be asked, when it is called again. */
export function createConfigWarner(connection: RedisConnection): () => void {
  let attemptsLeft = 2
  let isAsking = false

  async function checkConfig(): Promise<void> {
    isAsking = true
    attemptsLeft--
    try {
      for (const warning of await findConfigWarnings(await connection.listPrimaries())) {
        if (!shownWarnings.has(warning)) console.warn(warning)
        shownWarnings.add(warning)
      }
      attemptsLeft = 0
    } catch {
      // An outage is told by what runs into it.
    }
    isAsking = false
  }

  return () => {
    if (attemptsLeft > 0 && !isAsking) void checkConfig()
  }
}
