import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { python } from '../servers/python.ts'
import { freePort, untilAnswered } from '../servers/server.ts'

/** An application in Python as a process of its own, on a port that it keeps over restarts. */
export interface FlaskProcess {
  readonly url: string
  start(env: Record<string, string>): Promise<void>
  stop(): Promise<void>
}

/** The application of a file of this folder. */
export async function flaskProcess(name: string): Promise<FlaskProcess> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let running: ChildProcess | null = null
  return {
    url,
    async start(env) {
      running = run(name, [], { PORT: String(port), ...env })
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

/** A program that answers each line it is given with one of JSON. */
export interface Answers {
  ask(question: string): Promise<unknown>
  close(): void
}

export function answersOf(name: string, args: string[], env: Record<string, string>): Answers {
  const running = run(name, args, env)
  const lines = createInterface(running.stdout!)[Symbol.asyncIterator]()
  return {
    async ask(question) {
      running.stdin!.write(`${question}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error(`${name} does not answer ${question}`)
      return JSON.parse(value)
    },
    close: () => void running.kill(),
  }
}

/** Starts a file of this folder. */
export function run(name: string, args: string[], env: Record<string, string>): ChildProcess {
  if (python === undefined) throw new Error('There is no Flask: set PYTHON, or run `npm test`')
  const file = fileURLToPath(new URL(name, import.meta.url))
  return spawn(python, ['-W', 'ignore::DeprecationWarning', file, ...args], {
    env: { PATH: process.env['PATH'], PYTHONDONTWRITEBYTECODE: '1', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}
