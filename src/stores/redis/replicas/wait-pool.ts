import type { DedicatedConnector } from '../connection/types.ts'
import type { Script } from '../lua.ts'
import { createWaitConnection, type WaitConnection } from './wait-connection.ts'

/** Connections on which writes are waited for, one to each primary. */
export interface WaitPool {
  /**
   * Runs a script at the server that has a key, and at one after another that they name instead. Resolves to the connection
   * that has answered, too.
   */
  run(
    script: Script,
    key: string,
    args: readonly string[],
  ): Promise<{ readonly connection: WaitConnection; readonly answer: unknown }>
  /** Closes them all; whatever is asked from then on, or still under way, opens none. */
  close(): void
}

/** How often it is looked for servers that the client knows no more, in milliseconds. */
const cleanUpIntervalMs = 1000

/** @param timeoutMs how long to wait for replicas, in milliseconds */
export function createWaitPool(connector: DedicatedConnector, replicas: number, timeoutMs: number): WaitPool {
  const connections = new Map<string, WaitConnection>()
  let cleanedUpAt = 0
  let isClosed = false

  function connectionFor(server: string): WaitConnection {
    if (isClosed) throw new Error('This Redis store was closed.')
    const connection = connections.get(server)
    if (connection?.isUsable) return connection
    connection?.close()
    const created = createWaitConnection((signal) => connector.open(server, signal), replicas, timeoutMs)
    connections.set(server, created)
    return created
  }

  /** Closes what leads to servers that have left the cluster, or have no key any more. */
  function dropUnknownServers(): void {
    const now = performance.now()
    if (now - cleanedUpAt < cleanUpIntervalMs) return
    cleanedUpAt = now
    for (const [server, connection] of connections) {
      // One that others name may be in use before the client has heard of it.
      if (!connection.isIdle || connector.knowsServer(server)) continue
      connection.close()
      connections.delete(server)
    }
  }

  return {
    async run(script, key, args) {
      dropUnknownServers()
      let server = connector.serverOf(key)
      let isAsking = false
      for (let attemptsLeft = 5; ; attemptsLeft--) {
        const connection = connectionFor(server)
        try {
          return { connection, answer: await connection.run(script, key, args, isAsking) }
        } catch (error) {
          const [, redirectKind, redirect] = /\b(MOVED|ASK) \d+ (\S+)/.exec(String(error)) ?? []
          if (redirect === undefined || attemptsLeft === 1) throw error
          isAsking = redirectKind === 'ASK'
          server = connector.serverInRedirect(redirect, server)
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
