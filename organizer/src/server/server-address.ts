/** The `HOST:PORT` of a URL, without its user name and password. */
export function serverAddress(url: string): string {
  const { protocol, hostname, port, searchParams } = new URL(url)
  const host = hostname || searchParams.get('host') || 'localhost'
  return host.startsWith('/') ? host : `${host}:${port || (protocol.startsWith('redis') ? 6379 : 5432)}`
}
