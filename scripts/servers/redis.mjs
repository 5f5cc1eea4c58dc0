// @ts-check
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient, ErrorReply } from 'redis'
import { createFolder, removeFolder, startProcess } from './child-process.mjs'
import { freePort } from './free-port.mjs'
import { waitUntil } from './wait-until.mjs'

/**
 * A Redis or Valkey server on 127.0.0.1.
 *
 * @typedef {object} RedisServer
 * @property {number} port
 * @property {string} url without the password, if it has one
 * @property {string} folder of its data
 * @property {(...command: string[]) => Promise<unknown>} ask sends a command on a connection of its own, such as
 *   `await server.ask('CONFIG', 'GET', 'save')`
 * @property {() => Promise<Record<string, number>>} calls counts each command since `ask('CONFIG', 'RESETSTAT')`, by its
 *   name in lower case, without the commands that clients send to set up a connection
 * @property {() => void} freeze stops it without closing connections (SIGSTOP); it does not respond
 * @property {() => void} thaw lets a frozen server continue; it responds to all that arrived meanwhile
 * @property {() => Promise<void>} kill ends it as a crash does (SIGKILL), and loses what was not written to disk
 * @property {() => Promise<void>} restart starts it again on the same port and folder; kills it first if it runs
 * @property {() => Promise<unknown>} ended resolves once the current process has ended, to its exit code or signal
 * @property {() => Promise<void>} stop ends it, and removes its folder if the folder is temporary
 */

/**
 * Starts a Redis or Valkey server.
 *
 * @param {object} [options]
 * @param {string | undefined} [options.program] path of the server; by default the environment variable REDIS_SERVER
 * @param {readonly string[]} [options.args] further arguments, such as `['--maxmemory', '4mb']`. Data survives a
 *   `restart` only with `['--appendonly', 'yes']`: by default it is saved once a day.
 * @param {number | undefined} [options.port] by default a free one
 * @param {string | undefined} [options.folder] for its data, kept by `stop`; by default a temporary one
 * @param {string | undefined} [options.password] by default none
 * @param {boolean} [options.detached] whether Ctrl+C on the terminal does not reach it
 * @returns {Promise<RedisServer>}
 */
// One function, because every method of the server works on the same process and connection.
export async function startRedis({
  program = process.env['REDIS_SERVER'],
  args = [],
  port: givenPort,
  folder: givenFolder,
  password,
  detached = false,
} = {}) {
  if (!program) throw new Error('There is no Redis: set REDIS_SERVER, or run `npm test`')
  const folder = givenFolder ?? createFolder('redis')
  const port = givenPort ?? (await freePort())
  const url = `redis://127.0.0.1:${port}`
  const connection = createConnection(url, password)
  const allArgs = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '86400 1', ...args]
  if (password !== undefined) {
    // In a file, because all users of the machine can read the arguments of a process.
    const file = join(folder, 'redis.conf')
    writeFileSync(file, `requirepass ${JSON.stringify(password)}\n`, { mode: 0o600 })
    allArgs.unshift(file)
  }
  /** @type {import('./child-process.mjs').ServerProcess | null} */
  let server = null

  async function start() {
    const started = startProcess(/** @type {string} */ (program), allArgs, { detached })
    server = started
    const isReady = async () => {
      if (!started.isRunning) return true
      const reply = await connection.ask('PING').catch((/** @type {Error} */ error) => error.message)
      return /^(PONG|NOAUTH|WRONGPASS|MISCONF)/.test(String(reply))
    }
    await waitUntil(isReady, `${program} did not respond`)
    if (!started.isRunning) throw new Error(`${program} did not start: ${started.output() || (await started.ended)}`)
  }

  /** @param {NodeJS.Signals} signal */
  async function end(signal) {
    connection.close()
    await server?.stop(signal)
  }

  /** @type {RedisServer} */
  const redis = {
    port,
    url,
    folder,
    ask: connection.ask,
    calls: async () => countCalls(String(await connection.ask('INFO', 'commandstats'))),
    freeze: () => server?.signal('SIGSTOP'),
    thaw: () => server?.signal('SIGCONT'),
    kill: () => end('SIGKILL'),
    async restart() {
      await end('SIGKILL')
      await start()
    },
    ended: async () => server?.ended,
    async stop() {
      await end(givenFolder === undefined ? 'SIGKILL' : 'SIGTERM')
      if (givenFolder === undefined) removeFolder(folder)
    },
  }
  try {
    await start()
  } catch (error) {
    await redis.stop()
    throw error
  }
  return redis
}

/** @param {string} stats */
function countCalls(stats) {
  const counts = [...stats.matchAll(/^cmdstat_(\S+):calls=(\d+)/gm)]
    .map(([, name = '', count]) => /** @type {const} */ ([name, Number(count)]))
    .filter(([name]) => !/^(info|hello|client|config|select|auth|command)\b/.test(name))
  return Object.fromEntries(counts)
}

/**
 * Sends commands on one connection, which is opened again after it was lost.
 *
 * @param {string} url
 * @param {string | undefined} [password]
 */
export function createConnection(url, password) {
  const open = async () => {
    const client = createClient({ url, RESP: 2, socket: { reconnectStrategy: false }, ...(password && { password }) })
    client.on('error', () => {})
    return client.connect()
  }
  /** @type {ReturnType<typeof open> | null} */
  let opened = null
  const close = () => {
    opened?.then((client) => client.destroy()).catch(() => {})
    opened = null
  }
  return {
    /** @param {string[]} command @returns {Promise<unknown>} */
    async ask(...command) {
      try {
        const client = await (opened ??= open())
        return await client.sendCommand(command)
      } catch (error) {
        if (!(error instanceof ErrorReply)) close()
        throw error
      }
    },
    close,
  }
}
