import { resolveAddress, unknownLocationError } from './address.ts'
import { postgresLocation, redisLocation } from './server-locations.ts'
import { sqliteLocation } from './sqlite-location.ts'
import type { LocationOptions, StoreLocation } from './types.ts'

/** Parses the address of a store. @throws CommandError if it names no store; the message contains no password */
export function parseLocation(written: string, options: LocationOptions): StoreLocation {
  const text = resolveAddress(written)
  const url = URL.canParse(text) ? new URL(text) : null
  if (text.startsWith('sqlite:'))
    return sqliteLocation(text.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, ''), options)
  if (url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '') return redisLocation(text, url, options)
  if (url !== null && /^postgres(ql)?:$/.test(url.protocol)) return postgresLocation(text, url, options)
  throw unknownLocationError(text)
}
