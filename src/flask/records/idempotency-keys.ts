/**
 * Creates the function that names a call's idempotency key. That key is in the same cluster slot as the call's own key, because
 * one script uses both. The function returns `''` if no such name exists, for instance if the prefix contains `{}`.
 *
 * @param clientPrefix the prefix that the client adds to each key
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

// Different from Flask-Session's prefix, so that a scan of its records does not find these keys.
const idempotencyPrefix = 'sojourn:call:'

/** Returns the part of a key that decides its cluster slot: the text in the first braces, or the whole key. */
const hashTagOf = (key: string): string => /^[^{]*\{([^}]+)\}/.exec(key)?.[1] ?? key
