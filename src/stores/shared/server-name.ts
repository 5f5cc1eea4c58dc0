/**
 * Names a server for messages by its URL or by a driver's options, such as `Redis at localhost:6379`. Leaves out what is not
 * known, and always the user name and the password.
 */
export function serverName(kind: string, client: unknown, usualPort: number): string {
  const { options = client } = Object(client)
  const url = options?.connectionString ?? options
  // A URL's `host` contains the port, so its `hostname` comes first. Options have no `hostname`.
  const { host, hostname = host, port } = URL.canParse(url) ? new URL(url) : Object(options?.socket ?? options)
  return hostname ? `${kind} at ${hostname}:${port || usualPort}` : kind
}
