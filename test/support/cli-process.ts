import { spawn } from 'node:child_process'
import { command, type Run } from './cli.ts'

/** A command that is under way. */
export interface Running {
  /** Resolves when it has ended. */
  readonly over: Promise<Run>
  kill(signal: NodeJS.Signals): void
}

/** Starts the command as a user does, in a process of its own, with pipes. */
export function running(args: readonly string[]): Running {
  const child = spawn(process.execPath, [command, ...args], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] })
  const run: Run = { code: null, stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (run.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (run.stderr += text))
  return {
    over: new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => resolve({ ...run, code }))
    }),
    kill: (signal) => void child.kill(signal),
  }
}
