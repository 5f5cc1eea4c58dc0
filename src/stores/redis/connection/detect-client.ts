import { SojournError } from '../../../core/errors.ts'

/**
 * Detects the library of a client by its methods.
 *
 * @throws `ERR_STORE_CLIENT` if the client is not supported
 */
export function detectClient(client: unknown, caller: string): 'bun' | 'glide' | 'ioredis' | 'redis' {
  const has = (...names: string[]) =>
    names.every((name) => typeof (client as Record<string, unknown> | null | undefined)?.[name] === 'function')
  if (has('customCommand')) return 'glide'
  // Newer versions of Bun's client also have the methods of ioredis.
  if (has('send')) return 'bun'
  if (has('evalsha', 'eval')) return 'ioredis'
  if (has('evalSha', 'eval')) return 'redis'
  throw new SojournError(
    'ERR_STORE_CLIENT',
    `${caller} takes a client of redis (5 or newer), ioredis, iovalkey or @valkey/valkey-glide, Bun's RedisClient, or a URL: ${caller}('redis://localhost:6379').`,
  )
}
