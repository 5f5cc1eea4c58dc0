import { loadRedisClient } from './open.ts'

/** @throws `ERR_STORE_CLIENT` if no client is installed that a URL could be opened with */
export async function checkRedisClient(): Promise<void> {
  await loadRedisClient()
}
