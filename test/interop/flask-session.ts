import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { python } from '../setup/python.ts'
import { freePort, untilAnswered } from '../setup/server.ts'
import type { FlaskProcess } from './flask.ts'

/** The Flask application with Flask-Session, on a port that it keeps over restarts. */
export async function flaskSessionProcess(): Promise<FlaskProcess> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let running: ChildProcess | null = null
  return {
    url,
    async start(env) {
      running = run('session_app.py', { PORT: String(port), ...env })
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

/** A session as Flask-Session's own code has it. */
export interface KeptSession {
  readonly sid: string
  /** What it holds, as Python prints it. */
  readonly values: string
}

/** Flask-Session's own code in one process. */
export interface Keeper {
  /** Makes a random session; the same one for the same seed. */
  make(seed: number): Promise<KeptSession>
  /** Reads a session and writes it again. */
  again(sid: string): Promise<KeptSession>
  close(): void
}

export function keeper(redisUrl: string, serialization: 'msgpack' | 'json'): Keeper {
  const running = run('session_records.py', { REDIS_URL: redisUrl, SESSION_SERIALIZATION_FORMAT: serialization })
  const lines = createInterface(running.stdout!)[Symbol.asyncIterator]()
  async function ask(question: string): Promise<KeptSession> {
    running.stdin!.write(`${question}\n`)
    const { value, done } = await lines.next()
    if (done) throw new Error(`Flask-Session does not do ${question}`)
    return JSON.parse(value) as KeptSession
  }
  return {
    make: (seed) => ask(`make ${seed}`),
    again: (sid) => ask(`again ${sid}`),
    close: () => void running.kill(),
  }
}

function run(name: string, env: Record<string, string>): ChildProcess {
  if (python === undefined) throw new Error('There is no Flask: set PYTHON, or run `npm test`')
  return spawn(python, ['-W', 'ignore::DeprecationWarning', fileURLToPath(new URL(name, import.meta.url))], {
    env: { PATH: process.env['PATH'], PYTHONDONTWRITEBYTECODE: '1', SECRET_KEY: 'not used', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}
