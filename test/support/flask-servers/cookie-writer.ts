import { createInterface } from 'node:readline'
import { answersOf, run } from './process.ts'

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
  const { ask, close } = answersOf('sessions.py', ['rewrite'], { SECRET_KEY: secretKey })
  return { rewrite: (cookie) => ask(cookie) as Promise<FlaskSession>, close }
}

/** Random sessions, made by Flask; the same ones for the same seed. */
export async function sessionsOfFlask(secretKey: string, seed: number, count: number): Promise<FlaskSession[]> {
  const running = run('sessions.py', ['make', String(seed), String(count)], { SECRET_KEY: secretKey })
  const sessions: FlaskSession[] = []
  for await (const line of createInterface(running.stdout!)) sessions.push(JSON.parse(line) as FlaskSession)
  return sessions
}
