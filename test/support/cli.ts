import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { onTestFinished, vi } from 'vitest'
import { runCommand } from '../../src/cli/run-command.ts'
import { repository } from './repository.ts'

/** The command, as the package has it. */
export const command = join(repository, 'dist/cli/main.js')

export interface Run {
  code: number | null
  stdout: string
  stderr: string
}

/** The environment of a run: its only variables, the folder, and standard input. */
export interface Around {
  env?: Record<string, string>
  cwd?: string
  input?: string | Uint8Array
}

/** Runs the command as a user does: a process of its own, with pipes. */
export function sojournProcess(
  args: readonly string[],
  { env = {}, cwd = folder(), input = '' }: Around = {},
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], { env, cwd })
    const run: Run = { code: null, stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (run.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (run.stderr += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ ...run, code }))
    child.stdin.on('error', () => {}) // it may end before it has read everything
    child.stdin.end(input)
  })
}

let last: Promise<unknown> = Promise.resolve()

/** Runs the command in this process, which is much quicker. Runs wait for each other, because they share its streams. */
export function sojourn(args: readonly string[], around: Around = {}): Promise<Run> {
  const run = last.then(() => runHere(args, around))
  last = run.catch(() => {})
  return run
}

async function runHere(args: readonly string[], { env = {}, cwd = folder(), input = '' }: Around): Promise<Run> {
  const run: Run = { code: null, stdout: '', stderr: '' }
  const [ownEnv, ownFolder] = [{ ...process.env }, process.cwd()]
  const print = (text: string): void => void (run.stderr += `${text}\n`)
  const collect = (stream: 'stdout' | 'stderr', text: unknown): true => {
    run[stream] += String(text)
    return true
  }
  const spies = [
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([Buffer.from(input)]) as typeof process.stdin),
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => collect('stdout', text)),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => collect('stderr', text)),
    vi.spyOn(console, 'error').mockImplementation(print),
    vi.spyOn(console, 'warn').mockImplementation(print),
  ]
  try {
    setEnv(env)
    process.chdir(cwd)
    run.code = await runCommand(args)
  } finally {
    process.chdir(ownFolder)
    setEnv(ownEnv)
    for (const spy of spies) spy.mockRestore()
  }
  return run
}

/** Changes the variables of this process in place, because `process.loadEnvFile` writes to them. */
function setEnv(env: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(process.env)) if (env[name] === undefined) delete process.env[name]
  Object.assign(process.env, env)
}

/** An empty folder, for as long as the test runs. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'sojourn-cli-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}
