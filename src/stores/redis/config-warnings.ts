import type { Connection } from './connection/types.ts'
import { findWarnings } from './find-config-warnings.ts'

const said = new Set<string>()

/** Gives what says them on the console, once in a process; where the server could not be asked, when it is called again. */
export function warnOnce(connection: Connection): () => void {
  let tries = 2
  let isAsking = false

  async function warn(): Promise<void> {
    isAsking = true
    tries--
    try {
      for (const warning of await findWarnings(await connection.nodes())) {
        if (!said.has(warning)) console.warn(warning)
        said.add(warning)
      }
      tries = 0
    } catch {
      // An outage is told by what runs into it.
    }
    isAsking = false
  }

  return () => {
    if (tries > 0 && !isAsking) void warn()
  }
}
