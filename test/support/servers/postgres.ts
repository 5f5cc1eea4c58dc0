import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe } from 'vitest'
import { freePort } from './server.ts'

const run = promisify(execFile)

/** The folder with `initdb` and `postgres` that `npm test` found; `undefined` when there is none. */
export const postgresBin = process.env['POSTGRES_BIN'] || undefined

/** Groups tests that need Postgres. Without it they are skipped: `npm test` says so, and fails where CI is set. */
export const describePostgres = postgresBin === undefined ? describe.skip : describe

/** A Postgres of one test file. */
export interface PostgresServer {
  /** Names its database `postgres`, and the password with it. */
  readonly url: string
  /** Stops every process of it where it stands: connections stay open, and nothing is answered. */
  freeze(): Promise<void>
  /** Lets a frozen one go on. */
  thaw(): Promise<void>
  /** Kills every process of it, as a crash does. */
  kill(): Promise<void>
  /** Starts it again on the same data and the same port; stops it first where it runs. */
  restart(): Promise<void>
  /** Ends it, and removes its data. */
  stop(): Promise<void>
}

/** Starts a Postgres on 127.0.0.1, with a cluster of its own in a temporary folder. `settings` are those of postgresql.conf. */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  if (postgresBin === undefined) throw new Error('There is no Postgres: set POSTGRES_BIN, or run `npm test`')
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-postgres-'))
  // Postgres does not run as root.
  const user = process.getuid?.() === 0 ? unprivileged() : null
  if (user !== null) chownSync(folder, user.uid, user.gid)
  const options = { ...user, cwd: folder, env: { PATH: process.env['PATH'], LC_ALL: 'C' } }

  const [data, passwordFile, password] = [join(folder, 'data'), join(folder, 'password'), 'not-to-be-shown']
  writeFileSync(passwordFile, password)
  const initdb = ['-D', data, '-U', 'ada', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8']
  await run(join(postgresBin, 'initdb'), [...initdb, '--locale=C', '--no-sync'], options)

  const port = await freePort()
  const all = {
    listen_addresses: '127.0.0.1',
    port: `${port}`,
    unix_socket_directories: '',
    fsync: 'off',
    shared_buffers: '16MB',
    ...settings,
  }
  const args = ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  let server: ChildProcess | null = null

  /** Tries for some seconds: after a crash, processes that are still going hold what it needs. */
  async function start(): Promise<void> {
    const until = Date.now() + 10_000
    for (;;) {
      const log = await startOnce()
      if (log === null) return
      if (Date.now() > until) throw new Error(`Postgres does not start: ${log}`)
      await pause(50)
    }
  }

  async function startOnce(): Promise<string | null> {
    const child = spawn(join(postgresBin!, 'postgres'), args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
    server = child
    let log = ''
    const ready = new Promise<null>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        log = (log + text).slice(-10_000)
        if (log.includes('ready to accept connections')) resolve(null)
      })
    })
    return Promise.race([ready, once(child, 'exit').then(() => log)])
  }

  async function signal(name: NodeJS.Signals): Promise<void> {
    const pid = server?.pid
    if (pid === undefined || server!.exitCode !== null || server!.signalCode !== null) return
    // Its children are asked for again once it is told, since it may just have started one; a dead one has none.
    const children = await childrenOf(pid)
    process.kill(pid, name)
    for (const child of new Set([...children, ...(await childrenOf(pid))])) killIfAny(child, name)
  }

  async function ended(name: NodeJS.Signals): Promise<void> {
    const child = server
    server = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill(name)
    const late = setTimeout(() => child.kill('SIGKILL'), 5000)
    await exit
    clearTimeout(late)
  }

  const killAtExit = () => void server?.kill('SIGKILL')
  process.once('exit', killAtExit)

  const postgres: PostgresServer = {
    url: `postgres://ada:${password}@127.0.0.1:${port}/postgres`,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async kill() {
      // Frozen first, so that none of them sees another die and says goodbye.
      await signal('SIGSTOP')
      await signal('SIGKILL')
      await ended('SIGKILL')
    },
    async restart() {
      await signal('SIGCONT')
      await ended('SIGINT')
      await start()
    },
    async stop() {
      await signal('SIGCONT')
      await ended('SIGINT')
      process.off('exit', killAtExit)
      rmSync(folder, { recursive: true, force: true })
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

function unprivileged(): { uid: number; gid: number } | null {
  const users = readFileSync('/etc/passwd', 'utf8')
  const found = /^postgres:[^:]*:(\d+):(\d+)/m.exec(users) ?? /^nobody:[^:]*:(\d+):(\d+)/m.exec(users)
  return found === null ? null : { uid: Number(found[1]), gid: Number(found[2]) }
}

/** Without `ps` where there is /proc: small systems have none. */
async function childrenOf(pid: number): Promise<number[]> {
  const list = `/proc/${pid}/task/${pid}/children`
  if (existsSync(list)) return readFileSync(list, 'utf8').split(' ').filter(Boolean).map(Number)
  if (existsSync('/proc/self')) return []
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid='])
  const pairs = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  return pairs.flatMap(([child, parent]) => (parent === pid ? [child!] : []))
}

function killIfAny(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It was gone already.
  }
}
