import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { redisServer, startRedis, type RedisServer } from './redis.ts'
import { freePort } from './server.ts'
import { startTcpProxy, type TcpProxy } from '../tcp-proxy.ts'

/** A primary, a replica of it, and a sentinel that lets the replica take over; all on 127.0.0.1. */
export interface SentinelSet {
  /** What the sentinel calls them. */
  readonly name: string
  readonly sentinel: { readonly host: string; readonly port: number }
  /** The one that is the primary at first. */
  readonly primary: RedisServer
  readonly replica: RedisServer
  /** The stretch of network by which the replica reads from the primary. */
  readonly between: TcpProxy
  /** Freezes the replica (SIGSTOP), with nothing more on its way to it. */
  freezeReplica(): void
  /** Kills the primary, lets the replica go on, and resolves when it has taken over. */
  failOver(): Promise<void>
  /** Starts the former primary again, and resolves when it is a replica that is in step. */
  rejoin(): Promise<void>
  /** Kills all and removes their folders. */
  stop(): Promise<void>
}

/** By default a primary waits for five seconds whether other replicas come. */
const atOnce = ['--repl-diskless-sync-delay', '0']

/** Starts the three on free ports. */
export async function startSentinelSet(program = redisServer): Promise<SentinelSet> {
  const name = 'sessions'
  const primary = await startRedis({ program, args: ['--appendonly', 'yes', ...atOnce] })
  const between = await startTcpProxy(primary.port)
  const stopped: (() => unknown)[] = [() => between.stop(), () => primary.stop()]
  const stop = async () => {
    for (const each of stopped.splice(0)) await each()
  }
  try {
    const args = ['--replicaof', '127.0.0.1', String(between.port), ...atOnce]
    const replica = await startRedis({ program, args })
    stopped.unshift(() => replica.stop())
    await untilInStep(primary)
    const sentinel = await startSentinel(program!, name, primary.port)
    stopped.unshift(() => sentinel.stop())
    const isKnown = async () => String(await sentinel.ask('SENTINEL', 'REPLICAS', name)).includes(String(replica.port))
    await until('The sentinel did not find the replica', isKnown)
    return {
      name,
      sentinel: { host: '127.0.0.1', port: sentinel.port },
      primary,
      replica,
      between,
      freezeReplica() {
        replica.freeze()
        between.set({ toServer: 'swallow', toClient: 'swallow' })
      },
      async failOver() {
        await primary.kill()
        replica.thaw()
        await until('The replica did not take over', async () => {
          const [, port] = (await sentinel.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)) as [string, string]
          const [role] = (await replica.ask('ROLE')) as [string]
          return Number(port) === replica.port && role === 'master'
        })
      },
      async rejoin() {
        await primary.restart()
        // The sentinel tells it so as well, after eight seconds.
        await primary.ask('REPLICAOF', '127.0.0.1', String(replica.port))
        await untilInStep(replica)
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Until a primary has a replica that answers it. */
async function untilInStep(primary: RedisServer): Promise<void> {
  await until('The replica did not get in step', async () => Number(await primary.ask('WAIT', '1', '100')) === 1)
}

const running = new Set<ChildProcess>()
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')))

async function startSentinel(program: string, name: string, port: number) {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-sentinel-'))
  const own = await freePort()
  const file = join(folder, 'sentinel.conf')
  const lines = [
    `port ${own}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor ${name} 127.0.0.1 ${port} 1`,
    `sentinel down-after-milliseconds ${name} 400`,
    `sentinel failover-timeout ${name} 3000`,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  const child = spawn(program, [file, '--sentinel'], { stdio: 'ignore' })
  running.add(child)
  const asking = await askerOf(own)
  return {
    port: own,
    ask: asking.ask,
    async stop() {
      asking.close()
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
      running.delete(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function askerOf(port: number) {
  const { createClient } = await import('redis')
  const socket = { host: '127.0.0.1', port, reconnectStrategy: () => 50 }
  const client = createClient({ RESP: 2, socket }).on('error', () => {})
  await client.connect()
  return {
    ask: async (...command: string[]): Promise<unknown> => client.sendCommand(command),
    close: () => client.destroy(),
  }
}

async function until(otherwise: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await isSo().catch(() => false)) return
    await pause(25)
  }
  throw new Error(`${otherwise} within 15 seconds.`)
}
