import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, untilAnswered } from '../../../test/setup/server.ts'

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** The organizer as a process of its own, on a port and a data folder that it keeps over restarts. */
export interface OrganizerProcess {
  readonly url: string
  start(env?: Record<string, string>): Promise<void>
  stop(): Promise<void>
  /** Stops it and removes its data. */
  remove(): Promise<void>
}

export async function organizerProcess(): Promise<OrganizerProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'organizer-'))
  const port = await freePort()
  const url = `http://localhost:${port}`
  let running: ChildProcess | null = null

  async function stop() {
    if (running === null) return
    const exit = once(running, 'exit')
    running.kill('SIGTERM')
    await exit
    running = null
  }

  return {
    url,
    async start(env = {}) {
      running = spawn(process.execPath, [program], {
        env: { PATH: process.env['PATH'], PORT: String(port), HOST: '127.0.0.1', DATA_DIR: dataDir, ...env },
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      await untilAnswered(`http://127.0.0.1:${port}/healthz`)
    },
    stop,
    async remove() {
      await stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
