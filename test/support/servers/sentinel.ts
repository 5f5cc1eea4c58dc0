import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { redisServer, startRedis } from './redis.ts'
import { freePort } from './server.ts'
import { pause } from '../records.ts'

/** A primary, a replica of it, and a sentinel that watches them as `main`. */
export interface Watched {
  /** Where the sentinel is. */
  readonly port: number
  /** Makes the replica the primary, and the primary its replica; resolves when the sentinel says so. */
  failOver(): Promise<void>
  /** Makes the first primary follow the other, which the sentinel does in its own time; resolves when it has all. */
  follow(): Promise<void>
  /** Ends all three. */
  stop(): Promise<void>
}

export async function startWatched(): Promise<Watched> {
  const primary = await startRedis()
  const replica = await startRedis({
    args: ['--replicaof', '127.0.0.1', `${primary.port}`, '--repl-diskless-sync-delay', '0'],
  })
  const [port, folder] = [await freePort(), mkdtempSync(join(tmpdir(), 'sojourn-sentinel-'))]
  const file = join(folder, 'sentinel.conf')
  writeFileSync(
    file,
    `port ${port}
bind 127.0.0.1
dir ${folder}
sentinel monitor main 127.0.0.1 ${primary.port} 1
sentinel down-after-milliseconds main 1000
sentinel failover-timeout main 5000
`,
  )
  const child = spawn(redisServer!, [file, '--sentinel'], { stdio: 'ignore' })
  const killAtExit = () => child.kill('SIGKILL')
  process.on('exit', killAtExit)

  async function ask(...command: string[]): Promise<unknown> {
    const client = createClient({ RESP: 2, url: `redis://127.0.0.1:${port}` })
    client.on('error', () => {})
    try {
      await client.connect()
      return await client.sendCommand(command)
    } finally {
      client.destroy()
    }
  }

  async function until(isSo: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < 300; tries++) {
      if (await isSo().catch(() => false)) return
      await pause(50)
    }
    throw new Error('The sentinel did not get there within 15 seconds')
  }

  async function stop(): Promise<void> {
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
    process.off('exit', killAtExit)
    await Promise.all([primary.stop(), replica.stop()])
    rmSync(folder, { recursive: true, force: true })
  }

  const primaryPort = async () => Number(((await ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'main')) as string[])[1])
  const isLinked = async () => String(await replica.ask('INFO', 'replication')).includes('master_link_status:up')
  const isKnown = async () => String(await ask('SENTINEL', 'REPLICAS', 'main')).includes('master-link-status,ok')
  try {
    await until(async () => (await isLinked()) && (await isKnown()))
  } catch (error) {
    await stop()
    throw error
  }
  return {
    port,
    async failOver() {
      const before = await primaryPort()
      await ask('SENTINEL', 'FAILOVER', 'main')
      await until(async () => (await primaryPort()) !== before)
    },
    async follow() {
      await primary.ask('REPLICAOF', '127.0.0.1', `${replica.port}`)
      await primary.ask('CLIENT', 'KILL', 'TYPE', 'normal')
      await until(async () => String(await primary.ask('INFO', 'replication')).includes('master_link_status:up'))
    },
    stop,
  }
}
