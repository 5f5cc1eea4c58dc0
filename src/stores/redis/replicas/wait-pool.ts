import type { Script } from '../lua.ts'
import type { DedicatedConnector } from '../connection/dedicated-types.ts'
import { createWaitConnection, type WaitConnection } from './wait-connection.ts'

/** Dedicated connections that wait for replicas, one to each primary. */
export interface WaitPool {
  /**
   * Runs a script at the server that has a key, and follows redirects. Also resolves to the connection that replied, on
   * which to wait for replicas.
   */
  run(
    script: Script,
    key: string,
    args: readonly string[],
  ): Promise<{ readonly connection: WaitConnection; readonly reply: unknown }>
  /** Closes all connections. Calls that come later, or are still running, open no new ones. */
  close(): void
}

/** How often connections to servers that left the cluster are closed, in milliseconds. */
const cleanUpIntervalMs = 1000

/**
 * @param replicas how many replicas must acknowledge a write
 * @param timeoutMs how long to wait for replicas, in milliseconds
 */
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

  /** Closes connections to servers that left the cluster, or have no keys any more. */
  function dropUnknownServers(): void {
    const now = performance.now()
    if (now - cleanedUpAt < cleanUpIntervalMs) return
    cleanedUpAt = now
    for (const [server, connection] of connections) {
      // Only idle ones, because a redirect may name a server before the client knows it.
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
          return { connection, reply: await connection.run(script, key, args, isAsking) }
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
