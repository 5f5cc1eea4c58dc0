import { randomFillSync } from 'node:crypto'

const idBytes = 24
// From a pool, because random bytes cost 2 microseconds a call, whatever the size.
const pool = Buffer.alloc(256 * idBytes)
let used = pool.length

/** Creates an id of 192 random bits, as base64url. */
export function createRandomId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = pool.subarray(used, (used += idBytes))
  const id = bytes.toString('base64url')
  // Ids are credentials, so no copy of a used one remains.
  bytes.fill(0)
  return id
}
