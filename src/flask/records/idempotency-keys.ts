/**
 * Names a key for a call on another one, in the same slot of a cluster, as the server has both; `''` where no name is, as of a
 * prefix with braces in it that hold nothing.
 *
 * @param clientPrefix what the client itself writes before each key
 */
export function createIdempotencyKeys(clientPrefix: string): (key: string, call: string) => string {
  return (key, call) => {
    const clientKey = clientPrefix + key
    const names = [
      `${clientPrefix}${idempotencyPrefix}${key}:${call}`,
      `${clientPrefix}${idempotencyPrefix}{${clientKey}}:${call}`,
    ]
    return names.find((name) => hashTagOf(name) === hashTagOf(clientKey)) ?? ''
  }
}

// Neither Flask-Session, nor who looks through its records, takes it for one.
const idempotencyPrefix = 'sojourn:call:'

/** By what a cluster tells which slot a key is in: what its first braces hold, or all of it. */
const hashTagOf = (key: string): string => /^[^{]*\{([^}]+)\}/.exec(key)?.[1] ?? key
