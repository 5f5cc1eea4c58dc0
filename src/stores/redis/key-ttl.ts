const hourMs = 3_600_000
const maxTtlMs = 365_250 * 24 * hourMs

/**
 * Returns a key's time to live for a record that expires in so many milliseconds. It is one hour longer, because the
 * library must decide that a session expired, not the server's clock.
 */
export const keyTtl = (expiresInMs: number): number =>
  Math.ceil(expiresInMs > 0 ? Math.min(expiresInMs, maxTtlMs) : 0) + hourMs
