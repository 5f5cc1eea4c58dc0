import pg from 'pg'
import { findNeeds } from '../scripts/needs.mjs'
import { startPostgres } from '../scripts/servers/postgres.mjs'
import { startRedis } from '../scripts/servers/redis.mjs'

/** Starts a Redis for the bench. It saves to disk once a day, so that no save is measured. */
export async function startBenchRedis() {
  const { path, version } = find('REDIS_SERVER')
  const server = await startRedis({ program: path })
  const readInfo = async (section, name) => {
    const info = String(await server.ask('INFO', section))
    return Number(new RegExp(`^${name}:(.*)$`, 'm').exec(info)[1])
  }
  return {
    ...server,
    version: `Redis ${version}`,
    readMemory: () => readInfo('memory', 'used_memory'),
    /** Resolves to the microseconds of CPU that it has used. */
    readCpu: async () => 1e6 * ((await readInfo('cpu', 'used_cpu_sys')) + (await readInfo('cpu', 'used_cpu_user'))),
  }
}

/** Starts a Postgres for the bench. Like one in production, it writes to the disk before it responds. */
export async function startBenchPostgres() {
  const { path, version } = find('POSTGRES_BIN')
  const server = await startPostgres({ fsync: 'on', shared_buffers: '128MB' }, path)
  const admin = new pg.Client(server.url)
  await admin.connect()
  return {
    ...server,
    version: `Postgres ${version}`,
    /** Creates a database and resolves to its URL. @param {string} name */
    async createDatabase(name) {
      await admin.query(`CREATE DATABASE ${name}`)
      return Object.assign(new URL(server.url), { pathname: name }).href
    },
    /** Sets whether a write waits for the disk. @param {boolean} waits */
    async setWaitsForDisk(waits) {
      await admin.query(`ALTER SYSTEM SET synchronous_commit = ${waits ? 'on' : 'off'}`)
      await admin.query('SELECT pg_reload_conf()')
    },
    async stop() {
      await admin.end()
      await server.stop()
    },
  }
}

let needs

/** Returns the path and version of a program, as npm test finds it. */
function find(variable) {
  needs ??= findNeeds(false)
  const { name, path, version } = needs.find(({ env }) => env === variable)
  if (path === undefined) throw new Error(`${name} is missing: install it, or set ${variable}.`)
  return { path, version }
}
