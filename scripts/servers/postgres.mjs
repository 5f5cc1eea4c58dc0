// @ts-check
import { execFile } from 'node:child_process'
import { chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createFolder, removeFolder, startProcess } from './child-process.mjs'
import { freePort } from './free-port.mjs'

/** @typedef {import('./child-process.mjs').ServerProcess} ServerProcess */

const run = promisify(execFile)
const startTimeoutMs = 10_000
const stopTimeoutMs = 5000
const password = 'not-to-be-shown'

/**
 * A Postgres server on 127.0.0.1, with data of its own in a temporary folder.
 *
 * @typedef {object} PostgresServer
 * @property {string} url of its database `postgres`, with the password
 * @property {() => Promise<void>} freeze stops all its processes without closing connections; it does not respond
 * @property {() => Promise<void>} thaw lets a frozen server continue
 * @property {() => Promise<void>} kill ends all its processes as a crash does
 * @property {() => Promise<void>} restart starts it again on the same port and data; stops it first if it runs
 * @property {() => Promise<void>} stop ends it, and removes its data
 */

/**
 * Starts a Postgres server. By default a write does not wait for the disk (`fsync` is off). It is one closure, because all its
 * functions share the current process.
 *
 * @param {Readonly<Record<string, string>>} [settings] as in postgresql.conf
 * @param {string | undefined} [bin] folder with `initdb` and `postgres`; by default the environment variable POSTGRES_BIN
 * @returns {Promise<PostgresServer>}
 */
export async function startPostgres(settings = {}, bin = process.env['POSTGRES_BIN']) {
  if (!bin) throw new Error('There is no Postgres: set POSTGRES_BIN, or run `npm test`')
  const folder = createFolder('postgres')
  const user = process.getuid?.() === 0 ? findUser() : null // Postgres refuses to run as root
  if (user !== null) chownSync(folder, user.uid, user.gid)
  const options = { ...user, cwd: folder, env: { PATH: process.env['PATH'], LC_ALL: 'C' } }
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password)
  // Not scram-sha-256, because each connection would then take 6 ms more.
  const initdb = `-D data -U ada --auth=md5 --pwfile=${passwordFile} --encoding=UTF8 --locale=C --no-sync`
  await run(join(bin, 'initdb'), initdb.split(' '), options)

  const port = await freePort()
  const all = {
    listen_addresses: '127.0.0.1',
    port: `${port}`,
    unix_socket_directories: '',
    fsync: 'off',
    shared_buffers: '16MB',
    ...settings,
  }
  const args = ['-D', 'data', ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  /** @type {ServerProcess | null} */
  let server = null

  /** Tries for 10 seconds: after a crash, processes that are about to end still hold the port and the data. */
  async function start() {
    const deadline = Date.now() + startTimeoutMs
    for (;;) {
      const started = launch(join(/** @type {string} */ (bin), 'postgres'), args, options)
      server = started.server
      if (await started.isReady) return
      if (Date.now() > deadline) throw new Error(`Postgres does not start: ${server.output()}`)
      await sleep(50)
    }
  }

  async function end() {
    await signalAll(server, 'SIGCONT')
    await server?.stop('SIGINT', stopTimeoutMs)
  }

  /** @type {PostgresServer} */
  const postgres = {
    url: `postgres://ada:${password}@127.0.0.1:${port}/postgres`,
    freeze: () => signalAll(server, 'SIGSTOP'),
    thaw: () => signalAll(server, 'SIGCONT'),
    async kill() {
      // Freeze all first: a process that sees another one die closes its connections properly.
      await signalAll(server, 'SIGSTOP')
      await signalAll(server, 'SIGKILL')
      await server?.stop('SIGKILL')
    },
    async restart() {
      await end()
      await start()
    },
    async stop() {
      await end()
      removeFolder(folder)
    },
  }
  try {
    await start()
  } catch (error) {
    await postgres.stop()
    throw error
  }
  return postgres
}

/** @param {string} program @param {string[]} args @param {import('node:child_process').SpawnOptions} options */
function launch(program, args, options) {
  /** @type {(isReady: boolean) => void} */
  let settle = () => {}
  const isReady = new Promise((resolve) => (settle = resolve))
  const onLine = (/** @type {string} */ line) => line.includes('ready to accept connections') && settle(true)
  const server = startProcess(program, args, { ...options, onLine })
  void server.ended.then(() => settle(false))
  return { server, isReady }
}

/** Sends a signal to a server and its children. @param {ServerProcess | null} server @param {NodeJS.Signals} name */
async function signalAll(server, name) {
  const pid = server?.isRunning ? server.pid : undefined
  if (pid === undefined) return
  // List its children again after its own signal, because it may have started one meanwhile.
  const children = await childrenOf(pid)
  server?.signal(name)
  for (const child of new Set([...children, ...(await childrenOf(pid))])) signalIfRunning(child, name)
}

/** Finds a user without privileges. */
function findUser() {
  const users = readFileSync('/etc/passwd', 'utf8')
  const found = /^postgres:[^:]*:(\d+):(\d+)/m.exec(users) ?? /^nobody:[^:]*:(\d+):(\d+)/m.exec(users)
  return found && { uid: Number(found[1]), gid: Number(found[2]) }
}

/**
 * Lists the children of a process from /proc if there is one, because small systems have no `ps`.
 *
 * @param {number} pid
 * @returns {Promise<number[]>}
 */
async function childrenOf(pid) {
  const list = `/proc/${pid}/task/${pid}/children`
  if (existsSync(list)) return readFileSync(list, 'utf8').split(' ').filter(Boolean).map(Number)
  if (existsSync('/proc/self')) return []
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid='])
  const pairs = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  return pairs.flatMap(([child = 0, parent]) => (parent === pid ? [child] : []))
}

/** @param {number} pid @param {NodeJS.Signals} signal */
function signalIfRunning(pid, signal) {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended meanwhile.
  }
}
