/**
 * A connection of its own to one primary. If it breaks it stays broken and never reconnects, because `WAIT` only counts the
 * writes of the connection that sends it. It does not keep the process alive.
 */
export interface DedicatedConnection {
  readonly isOpen: boolean
  send(...command: string[]): Promise<unknown>
  close(): unknown
}

/** Opens dedicated connections to the servers that a client knows. A server's name is `host:port`, or empty if there is no cluster. */
export interface DedicatedConnector {
  /** Returns the name of the server that has a key, as far as the client knows. */
  serverOf(key: string): string
  /** Returns the name of the server in a redirect that `fromServer` sent. A redirect without a host means the same host. */
  serverInRedirect(redirect: string, fromServer: string): string
  /** Whether the client still knows a server of this name. */
  knowsServer(server: string): boolean
  /** Connects to a server. Stops and rejects if `signal` is aborted. */
  open(server: string, signal: AbortSignal): Promise<DedicatedConnection>
}
