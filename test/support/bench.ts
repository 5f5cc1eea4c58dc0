import { spawnSync } from 'node:child_process'
import { repository } from './repository.ts'

/** Runs the bench with these arguments. */
export function bench(...args: string[]) {
  const options = { cwd: repository, encoding: 'utf8' } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bench/main.mjs', ...args], options)
  return { status, stdout, stderr }
}
