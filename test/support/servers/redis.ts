import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, ErrorReply } from 'redis'
import { describe } from 'vitest'
import { freePort } from './server.ts'

/** The Redis server that `npm test` found; `undefined` when there is none. */
export const redisServer = process.env['REDIS_SERVER'] || undefined

/** The Valkey server that `npm test` found; `undefined` when there is none. */
export const valkeyServer = process.env['VALKEY_SERVER'] || undefined

/** Groups tests that need Redis. Without it they are skipped: `npm test` says so, and fails where CI is set. */
export const describeRedis = redisServer === undefined ? describe.skip : describe

/** Groups tests that need Valkey. Without it they are skipped, as with Redis. */
export const describeValkey = valkeyServer === undefined ? describe.skip : describe

/** A server of its own on 127.0.0.1, empty at first. */
export interface RedisServer {
  readonly port: number
  /** `redis://127.0.0.1:…` */
  readonly url: string
  /** Its folder, which is removed when it is stopped. */
  readonly folder: string
  /** Asks it by a connection of its own: `await server.ask('CONFIG', 'GET', 'save')`. */
  ask(...command: string[]): Promise<unknown>
  /** How often each command was called since `ask('CONFIG', 'RESETSTAT')`, without those of `ask`, by name in small letters. */
  calls(): Promise<Record<string, number>>
  /** Stops it in the middle of whatever it does (SIGSTOP): connections stay, nothing is answered. */
  freeze(): void
  /** Lets it go on: it then answers all that came meanwhile. */
  thaw(): void
  /** Ends it at once, as a crash does (SIGKILL). What it did not write to disk is lost. */
  kill(): Promise<void>
  /** Starts it again on the same port and folder, killing it first if it still runs. */
  restart(): Promise<void>
  /** Kills it and removes its folder. */
  stop(): Promise<void>
}

/** How {@link startRedis} starts a server. */
export interface RedisServerOptions {
  /** Which server. @default Redis */
  readonly program?: string | undefined
  /** Arguments, such as `['--maxmemory', '4mb']`. By default it would write to disk in an hour: `--appendonly yes` survives `restart`. */
  readonly args?: readonly string[]
  /** Which port. @default one that is free */
  readonly port?: number | undefined
}

/** Starts a server on a free port. */
export async function startRedis({
  program = redisServer,
  args = [],
  port: given,
}: RedisServerOptions = {}): Promise<RedisServer> {
  if (program === undefined) throw new Error('There is no Redis: set REDIS_SERVER, or run `npm test`')
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-redis-'))
  const port = given ?? (await freePort())
  const url = `redis://127.0.0.1:${port}`
  let child: ChildProcess | null = null
  const killAtExit = () => child?.kill('SIGKILL')
  process.on('exit', killAtExit)

  let asking: Promise<Asked> | null = null
  const hangUp = () => {
    asking?.then((client) => client.destroy()).catch(() => {})
    asking = null
  }
  const ask = async (...command: string[]): Promise<unknown> => {
    try {
      const client = await (asking ??= connect(port, args))
      return await client.sendCommand(command)
    } catch (error) {
      if (!(error instanceof ErrorReply)) hangUp()
      throw error
    }
  }

  async function start(): Promise<void> {
    const basics = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--save',
      '3600 1',
      '--appendonly',
      'no',
    ]
    const started = spawn(program!, [...basics, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    child = started
    let said = ''
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (chunk) => (said += String(chunk)))
    for (let tries = 0; tries < 600; tries++) {
      if (started.exitCode !== null) throw new Error(`${program} did not start: ${said}`)
      const answer = await ask('PING').catch((error: Error) => error.message)
      if (/^(PONG|NOAUTH|WRONGPASS|MISCONF)/.test(String(answer))) return
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error(`${program} did not answer within 15 seconds: ${said}`)
  }

  async function kill(): Promise<void> {
    const running = child
    child = null
    hangUp()
    if (running === null || running.exitCode !== null || running.signalCode !== null) return
    running.kill('SIGKILL')
    await once(running, 'exit')
  }

  const server: RedisServer = {
    port,
    url,
    folder,
    ask,
    async calls() {
      const text = String(await ask('INFO', 'commandstats'))
      return Object.fromEntries(
        [...text.matchAll(/^cmdstat_(\S+):calls=(\d+)/gm)]
          .map(([, name, count]) => [name!, Number(count)] as const)
          .filter(([name]) => !/^(info|hello|client|config|select|auth|command)\b/.test(name)),
      )
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    kill,
    async restart() {
      await kill()
      await start()
    },
    async stop() {
      await kill()
      process.off('exit', killAtExit)
      rmSync(folder, { recursive: true, force: true })
    },
  }
  try {
    await start()
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
}

type Asked = ReturnType<typeof clientFor>

function clientFor(port: number, args: readonly string[]) {
  const password = args.includes('--requirepass') ? args[args.indexOf('--requirepass') + 1]! : undefined
  const socket = { host: '127.0.0.1', port, reconnectStrategy: false } as const
  const client = createClient({ RESP: 2, socket, ...(password === undefined ? {} : { password }) })
  client.on('error', () => {})
  return client
}

async function connect(port: number, args: readonly string[]): Promise<Asked> {
  const client = clientFor(port, args)
  await client.connect()
  return client
}
