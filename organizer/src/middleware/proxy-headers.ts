import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context } from 'hono'
import { isIP } from 'node:net'

/** The address that a request comes from. Proxies are believed only as far as `hops` of them are trusted. */
export function clientAddress(c: Context, hops: number): string {
  const told = withoutPort(fromProxy(c.req.header('x-forwarded-for'), hops) ?? '')
  if (isIP(told)) return told
  try {
    return getConnInfo(c).remote.address ?? 'unknown'
  } catch {
    return 'unknown' // called without a socket, as tests do
  }
}

/** The scheme, host and port under which the client knows this server. */
export function ownOrigin(c: Context, hops: number): string {
  const url = new URL(c.req.url)
  const protocol = fromProxy(c.req.header('x-forwarded-proto'), hops)
  return protocol === 'https' || protocol === 'http' ? new URL(`${protocol}://${url.host}`).origin : url.origin
}

// Each proxy appends what it saw, so counting starts at the end; what stands before the trusted ones, a client may have made up.
function fromProxy(header: string | undefined, hops: number): string | undefined {
  if (hops === 0 || !header) return undefined
  const list = header.split(',').map((part) => part.trim())
  return list[Math.max(0, list.length - hops)]
}

// Some proxies write `203.0.113.9:51234` and `[2001:db8::1]:443`.
function withoutPort(address: string): string {
  const [, ipv6, ipv4] = /^\[([^\]]*)\](?::\d+)?$|^([\d.]+):\d+$/.exec(address) ?? []
  return ipv6 ?? ipv4 ?? address
}
