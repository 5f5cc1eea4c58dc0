import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, untilAnswered } from '../../../test/support/servers/server.ts'

const dist = (name: string) => fileURLToPath(new URL(`../../dist/${name}`, import.meta.url))

/** The organizer in its own process. Restarts use the same port and data folder. */
export interface OrganizerProcess {
  readonly url: string
  start(env?: Record<string, string>): Promise<void>
  stop(): Promise<void>
  /** Adds a person who may sign in. */
  add(email: string, password: string): Promise<void>
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
      running = spawn(process.execPath, [dist('main.js')], {
        env: { PATH: process.env['PATH'], PORT: String(port), HOST: '127.0.0.1', DATA_DIR: dataDir, ...env },
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      await untilAnswered(`http://127.0.0.1:${port}/healthz`)
    },
    stop,
    async add(email, password) {
      const people = spawn(process.execPath, [dist('people.js'), 'add', '--email', email], {
        env: { PATH: process.env['PATH'], DATA_DIR: dataDir },
        stdio: ['pipe', 'ignore', 'inherit'],
      })
      people.stdin.end(`${password}\n`)
      const [code] = await once(people, 'exit')
      if (code !== 0) throw new Error(`${email} could not be added`)
    },
    async remove() {
      await stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
