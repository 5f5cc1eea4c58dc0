/** Which server an address names, as `HOST:PORT`: without the name and the password that may be in it. */
export function serverOf(url: string): string {
  const { protocol, hostname, port, searchParams } = new URL(url)
  const host = hostname || searchParams.get('host') || 'localhost'
  return host.startsWith('/') ? host : `${host}:${port || (protocol.startsWith('redis') ? 6379 : 5432)}`
}
