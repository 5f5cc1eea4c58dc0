import { SojournError } from '../../core/errors.ts'
import type { SessionStore } from '../../stores/store.ts'
import { CommandError } from '../arguments.ts'
import {
  checkTable,
  defaultPrefix,
  defaultTable,
  locationName,
  noTableError,
  openEmptyStore,
  optionFor,
} from './location-parts.ts'
import type { LocationOptions, StoreLocation } from './types.ts'

/** Returns the location of a Redis. @throws CommandError */
export function redisLocation(
  text: string,
  url: URL,
  { side, prefix = defaultPrefix, table }: LocationOptions,
): StoreLocation {
  const location = serverUrl(url, '6379', url.pathname.replace(/^\/0?$/, ''))
  if (table !== undefined)
    throw new CommandError(
      2,
      `Redis has no tables. For ${location}, use ${optionFor(side, 'prefix')} to set the prefix of keys.`,
    )
  return {
    name: locationName(location, 'prefix', prefix, defaultPrefix),
    key: `${location.replace('rediss:', 'redis:')} ${prefix}`,
    async open() {
      const { redisStore } = await import('../../stores/redis/store.ts')
      const store = redisStore(text, { prefix })
      return { store, close: () => store.close() }
    },
  }
}

/** Returns the location of a Postgres. @throws CommandError */
export function postgresLocation(text: string, url: URL, options: LocationOptions): StoreLocation {
  const location = serverUrl(url, '5432', url.pathname).replace(/^postgresql:/, 'postgres:')
  const table = checkTable(location, options, /^([A-Za-z_]\w{0,62}\.)?[A-Za-z_]\w{0,49}$/)
  return {
    name: locationName(location, 'table', table, defaultTable),
    key: `${location} ${table}`,
    async open(side, dryRun) {
      const { postgresStore } = await import('../../stores/postgres/store.ts')
      const store = postgresStore(text, { table })
      try {
        if (side === 'to' && !dryRun) await store.createTable()
        const isThere = await hasTable(store)
        if (!isThere && side !== 'to') throw noTableError(location, table, side)
        if (isThere) return { store, close: () => store.close() }
      } catch (error) {
        await store.close()
        throw error
      }
      await store.close()
      return openEmptyStore()
    },
  }
}

async function hasTable(store: SessionStore): Promise<boolean> {
  try {
    await store.read({ id: 'nobody', userId: null })
    return true
  } catch (error) {
    if (error instanceof SojournError && error.code === 'ERR_STORE_CLIENT' && /has no table/.test(error.message))
      return false
    throw error
  }
}

const serverUrl = ({ protocol, hostname, port }: URL, usual: string, path: string): string =>
  `${protocol}//${hostname}:${port || usual}${path}`
