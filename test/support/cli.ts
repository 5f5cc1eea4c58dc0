import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
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
export function sojourn(args: readonly string[], { env = {}, cwd = folder(), input = '' }: Around = {}): Promise<Run> {
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

const folders: string[] = []

/** An empty folder, for as long as the test runs. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'sojourn-cli-'))
  folders.push(path)
  return path
}

afterEach(() => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true })
})
