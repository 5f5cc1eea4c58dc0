import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context } from 'hono'
import { isIP } from 'node:net'

/** Returns the IP address of the client. The last `hops` entries of `X-Forwarded-For` are from trusted proxies. */
export function clientAddress(c: Context, hops: number): string {
  const forwarded = removePort(forwardedValue(c.req.header('x-forwarded-for'), hops) ?? '')
  if (isIP(forwarded)) return forwarded
  try {
    return getConnInfo(c).remote.address ?? 'unknown'
  } catch {
    return 'unknown' // there is no socket in tests
  }
}

/** Returns the origin by which the client reaches this server: scheme, host and port. */
export function serverOrigin(c: Context, hops: number): string {
  const url = new URL(c.req.url)
  const protocol = forwardedValue(c.req.header('x-forwarded-proto'), hops)
  return protocol === 'https' || protocol === 'http' ? new URL(`${protocol}://${url.host}`).origin : url.origin
}

// Each proxy appends a value, so we count from the end. A client may have invented the values before.
function forwardedValue(header: string | undefined, hops: number): string | undefined {
  if (hops === 0 || !header) return undefined
  const values = header.split(',').map((value) => value.trim())
  return values[Math.max(0, values.length - hops)]
}

// Some proxies write `203.0.113.9:51234` or `[2001:db8::1]:443`.
function removePort(address: string): string {
  const [, ipv6, ipv4] = /^\[([^\]]*)\](?::\d+)?$|^([\d.]+):\d+$/.exec(address) ?? []
  return ipv6 ?? ipv4 ?? address
}
