import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { python } from '../setup/python.ts'
import { freePort, untilAnswered } from '../setup/server.ts'

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** The Flask application as a process of its own, on a port that it keeps over restarts. */
export interface FlaskProcess {
  readonly url: string
  start(env: Record<string, string>): Promise<void>
  stop(): Promise<void>
}

export async function flaskProcess(): Promise<FlaskProcess> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let running: ChildProcess | null = null
  return {
    url,
    async start(env) {
      running = run('app.py', [], { PORT: String(port), ...env })
      await untilAnswered(`${url}/flask/values`)
    },
    async stop() {
      if (running === null) return
      const exit = once(running, 'exit')
      running.kill('SIGTERM')
      await exit
      running = null
    },
  }
}

/** A session that Flask's own code read or made: the JSON it holds, and its cookie as Flask writes it. */
export interface FlaskSession {
  readonly json: string
  readonly cookie: string
}

/** Flask's own code in one process, which reads cookies and writes them again. */
export interface Rewriter {
  rewrite(cookie: string): Promise<FlaskSession>
  close(): void
}

export function rewriter(secretKey: string): Rewriter {
  const running = run('sessions.py', ['rewrite'], { SECRET_KEY: secretKey })
  const lines = createInterface(running.stdout!)[Symbol.asyncIterator]()
  return {
    async rewrite(cookie) {
      running.stdin!.write(`${cookie}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error(`Flask does not read ${cookie}`)
      return JSON.parse(value) as FlaskSession
    },
    close: () => void running.kill(),
  }
}

/** Random sessions, made by Flask; the same ones for the same seed. */
export async function sessionsOfFlask(secretKey: string, seed: number, count: number): Promise<FlaskSession[]> {
  const running = run('sessions.py', ['make', String(seed), String(count)], { SECRET_KEY: secretKey })
  const sessions: FlaskSession[] = []
  for await (const line of createInterface(running.stdout!)) sessions.push(JSON.parse(line) as FlaskSession)
  return sessions
}

function run(name: string, args: string[], env: Record<string, string>): ChildProcess {
  if (python === undefined) throw new Error('There is no Flask: set PYTHON, or run `npm test`')
  return spawn(python, [file(name), ...args], {
    env: { PATH: process.env['PATH'], PYTHONDONTWRITEBYTECODE: '1', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}
