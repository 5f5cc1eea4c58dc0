import { describeNeed, findNeeds } from '../../scripts/needs.mjs'

const variables = { redis: 'REDIS_SERVER', postgres: 'POSTGRES_BIN' }

/**
 * Where an engine's programs are, and its version; without `path`, `missing` says what to do.
 *
 * @param {'redis' | 'postgres'} engine
 * @returns {{ path?: string, version?: string, missing: string }}
 */
export function findEngine(engine) {
  all ??= findNeeds(false)
  const need = all.find(({ env }) => env === variables[engine])
  return {
    path: need.path,
    version: need.version,
    missing: describeNeed(need).trim().replace('its tests', 'this part'),
  }
}

/** @type {ReturnType<typeof findNeeds> | undefined} */
let all
