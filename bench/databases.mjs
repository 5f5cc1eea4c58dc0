import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import Sqlite from 'libsql'
import pg from 'pg'
import { findNeed } from '../scripts/needs.mjs'
import { createFolder, removeFolder } from '../scripts/servers/child-process.mjs'
import { startPostgres } from '../scripts/servers/postgres.mjs'
import { startRedis } from '../scripts/servers/redis.mjs'

/**
 * Each returns a `createPlace` for the URL of an empty database, or the path of an SQLite file; `readBytes` of a place; and
 * `stop`. A server has a `version`; Redis has a `url`, and `readCpu` in microseconds.
 */
const starters = {
  SQLite: startSqlite,
  Redis: () => startRedisLike('Redis', 'REDIS_SERVER'),
  Valkey: () => startRedisLike('Valkey', 'VALKEY_SERVER'),
  Postgres: startBenchPostgres,
}

/** Starts the databases that these rows need. Returns them by their names. */
export async function startDatabases(variants, atEnd) {
  const databases = {}
  for (const name of new Set(variants.flatMap(({ database }) => database ?? []))) {
    databases[name] = await starters[name]()
    atEnd(databases[name].stop)
  }
  return { databases, versions: Object.values(databases).flatMap(({ version }) => version ?? []) }
}

async function startSqlite() {
  const folder = createFolder('bench')
  let count = 0
  return {
    createPlace: () => join(folder, `${++count}.db`),
    async readBytes(path) {
      const file = new Sqlite(path)
      const { bytes } = file
        .prepare('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size')
        .get()
      file.close()
      return bytes
    },
    stop: () => removeFolder(folder),
  }
}

/** It saves to disk once a day, so that no save is measured. */
async function startRedisLike(name, variable) {
  const { path, version } = find(variable)
  const { url, ask, stop } = await startRedis({ program: path, args: ['--databases', '64'] })
  const readInfo = async (section, field) =>
    Number(new RegExp(`^${field}:(.*)$`, 'm').exec(String(await ask('INFO', section)))[1])
  let count = 0
  return {
    version: `${name} ${version}`,
    url,
    createPlace: () => `${url}/${++count}`,
    readBytes: () => readInfo('memory', 'used_memory'),
    readCpu: async () => 1e6 * ((await readInfo('cpu', 'used_cpu_sys')) + (await readInfo('cpu', 'used_cpu_user'))),
    stop,
  }
}

/** Like one in production, it writes to the disk before it responds; not at first, because filling would take minutes. */
async function startBenchPostgres() {
  const { path, version } = find('POSTGRES_BIN')
  const server = await startPostgres({ fsync: 'on', shared_buffers: '128MB' }, path)
  const admin = new pg.Client(server.url)
  await admin.connect()
  async function setSynchronousCommit(value) {
    await admin.query(`ALTER SYSTEM SET synchronous_commit = ${value}`)
    await admin.query('SELECT pg_reload_conf()')
  }
  await setSynchronousCommit('off')
  let count = 0
  return {
    version: `Postgres ${version}`,
    async createPlace() {
      await admin.query(`CREATE DATABASE bench_${++count}`)
      return Object.assign(new URL(server.url), { pathname: `bench_${count}` }).href
    },
    async readBytes(url) {
      const { rows } = await admin.query('SELECT pg_database_size($1) AS bytes', [new URL(url).pathname.slice(1)])
      return Number(rows[0].bytes)
    },
    waitForDisk: () => setSynchronousCommit('on'),
    async stop() {
      await admin.end()
      await server.stop()
    },
  }
}

function find(variable) {
  const { name, path, version } = findNeed(variable)
  if (path === undefined) throw new Error(`${name} is missing: install it, or set ${variable}.`)
  return { path, version }
}

/** Waits until the disk has what was written, so that nothing measured later waits for that. */
export const syncDisks = () => spawnSync('sync').status === 0
