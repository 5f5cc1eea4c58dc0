import type { Dedicated } from '../connection/types.ts'
import type { Script } from '../lua.ts'
import { createWaitConnection, type WaitConnection } from './wait-connection.ts'

/** Connections on which writes are waited for, one to each primary. */
export interface WaitConnections {
  /**
   * Runs a script at the server that has a key, and at one after another that they name instead. Resolves to the connection
   * that has answered, too.
   */
  run(
    script: Script,
    key: string,
    args: readonly string[],
  ): Promise<{ readonly at: WaitConnection; readonly answer: unknown }>
  /** Closes them all; whatever is asked from then on, or still under way, opens none. */
  close(): void
}

/** How often it is looked for servers that the client knows no more, in milliseconds. */
const lookEvery = 1000

/** @param within how long to wait for replicas, in milliseconds */
export function createWaitConnections(dedicated: Dedicated, replicas: number, within: number): WaitConnections {
  const connections = new Map<string, WaitConnection>()
  let lookedAt = 0
  let isClosed = false

  function connectionTo(place: string): WaitConnection {
    if (isClosed) throw new Error('This Redis store was closed.')
    const connection = connections.get(place)
    if (connection?.isGood) return connection
    connection?.close()
    const begun = createWaitConnection((over) => dedicated.open(place, over), replicas, within)
    connections.set(place, begun)
    return begun
  }

  /** Closes what leads to servers that have left the cluster, or have no key any more. */
  function dropUnknown(): void {
    const now = performance.now()
    if (now - lookedAt < lookEvery) return
    lookedAt = now
    for (const [place, connection] of connections) {
      // One that others name may be in use before the client has heard of it.
      if (!connection.isIdle || dedicated.knows(place)) continue
      connection.close()
      connections.delete(place)
    }
  }

  return {
    async run(script, key, args) {
      dropUnknown()
      let place = dedicated.placeOf(key)
      let isAsking = false
      for (let tries = 5; ; tries--) {
        const at = connectionTo(place)
        try {
          return { at, answer: await at.run(script, key, args, isAsking) }
        } catch (error) {
          const [, to, told] = /\b(MOVED|ASK) \d+ (\S+)/.exec(String(error)) ?? []
          if (told === undefined || tries === 1) throw error
          isAsking = to === 'ASK'
          place = dedicated.placeCalled(told, place)
        }
      }
    },
    close() {
      isClosed = true
      for (const connection of connections.values()) connection.close()
      connections.clear()
    },
  }
}
