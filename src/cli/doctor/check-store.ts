import { readText, type Env } from '../../core/env-values.ts'
import { CommandError } from '../arguments.ts'
import { resolveAddress } from '../store/address.ts'
import { locationFromEnv, readRedisUrl } from '../store/from-env.ts'
import { parseLocation } from '../store/location.ts'
import { defaultTable } from '../store/location-parts.ts'
import { toCommandError } from '../store/open-store.ts'
import type { LocationOptions, StoreLocation } from '../store/types.ts'
import { checkPostgres } from './check-postgres.ts'
import { checkRedis } from './check-redis.ts'
import { checkSqlite } from './check-sqlite.ts'
import { finding, type Examination } from './finding.ts'

/** Checks the store at an address, or the one that the environment names. */
export async function checkStore(
  address: string | undefined,
  env: Env,
  options: Pick<LocationOptions, 'prefix' | 'table'>,
): Promise<Examination> {
  const locationOptions = { ...options, side: null }
  let location: StoreLocation | null
  try {
    location =
      address === undefined
        ? locationFromEnv(env, locationOptions)
        : parseLocation(resolveAddress(address), locationOptions)
  } catch (error) {
    // An address on the command line is wrong use; a variable is a finding.
    if (!(error instanceof CommandError) || address !== undefined) throw error
    const fix = 'Change or remove the variable.'
    return { findings: [finding('store-variable', 'variables', error.message, fix)], facts: [] }
  }
  if (location === null)
    return {
      findings: [],
      facts: [['sessions', 'SESSION_TYPE names no store; name yours on the command line if you have one']],
    }
  try {
    const text = address === undefined ? addressFromEnv(env) : resolveAddress(address)
    return await examine(text, location, options.table, address !== undefined)
  } catch (error) {
    const failure = toCommandError(error, `${location.name}: `, location.name, null)
    if (!(failure instanceof CommandError)) throw failure
    const isMissing = /is installed|no built-in/.test(failure.message)
    const fix = isMissing ? 'Install the driver.' : 'Start it, or correct its address and password.'
    const sentence = failure.message.replace(/\.?$/, '.')
    return { findings: [finding(isMissing ? 'store-driver' : 'store-down', 'outages', sentence, fix)], facts: [] }
  }
}

async function examine(
  text: string,
  location: StoreLocation,
  table = defaultTable,
  isNamed: boolean,
): Promise<Examination> {
  if (text.startsWith('sqlite:')) return checkSqlite(text.slice('sqlite:'.length), location, isNamed)
  const { findings, facts } = text.startsWith('redis')
    ? await checkRedis(text, location.name)
    : await checkPostgres(text, table, location.name)
  return { findings, facts: [['sessions', location.name], ...facts] }
}

/** Returns the address of the environment's store, for a type that `locationFromEnv` accepts. */
function addressFromEnv(env: Env): string {
  const type = readText(env, 'SESSION_TYPE')
  if (type === 'sqlite') return `sqlite:${readText(env, 'DATA_DIR') ?? '.data'}/sessions.db`
  return type === 'postgres' ? (readText(env, 'DATABASE_URL') ?? '') : readRedisUrl(env)
}
