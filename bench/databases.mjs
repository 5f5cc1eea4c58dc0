import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { findNeed } from '../scripts/needs.mjs'
import { createFolder, removeFolder } from '../scripts/servers/child-process.mjs'
import { startPostgres } from '../scripts/servers/postgres.mjs'
import { startRedis } from '../scripts/servers/redis.mjs'

/** The servers that speak Redis' protocol, by their names in the tables. */
export const redisEngines = { Redis: 'REDIS_SERVER', Valkey: 'VALKEY_SERVER' }

/** Starts a Redis or Valkey for the bench. It saves to disk once a day, so that no save is measured. */
export async function startBenchRedis(engine) {
  const { path, version } = find(redisEngines[engine])
  const server = await startRedis({ program: path, args: ['--databases', '64'] })
  const readInfo = async (section, name) => {
    const info = String(await server.ask('INFO', section))
    return Number(new RegExp(`^${name}:(.*)$`, 'm').exec(info)[1])
  }
  return {
    ...server,
    version: `${engine} ${version}`,
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
  let count = 0
  return {
    version: `Postgres ${version}`,
    /** Creates a database and resolves to its URL. */
    async createDatabase() {
      await admin.query(`CREATE DATABASE bench_${++count}`)
      return Object.assign(new URL(server.url), { pathname: `bench_${count}` }).href
    },
    /** @param {boolean} waits whether a write waits for the disk */
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

/** Creates folders for SQLite files. */
export function createFolders() {
  const parent = createFolder('bench')
  let count = 0
  return {
    create() {
      const folder = join(parent, String(++count))
      mkdirSync(folder)
      return folder
    },
    remove: () => removeFolder(parent),
  }
}

/** Waits until the disk has what was written, so that nothing measured later waits for that. */
export const syncDisks = () => spawnSync('sync').status === 0

function find(variable) {
  const { name, path, version } = findNeed(variable)
  if (path === undefined) throw new Error(`${name} is missing: install it, or set ${variable}.`)
  return { path, version }
}
