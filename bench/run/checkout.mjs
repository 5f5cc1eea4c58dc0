import { execFileSync } from 'node:child_process'
import { existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createFolder } from '../../scripts/servers/child-process.mjs'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Builds another revision of the library, outside this checkout. It uses the packages that are installed here. Its folder
 * is removed when the bench ends.
 *
 * @param {string} revision as git names it
 */
export function buildRevision(revision) {
  const run = (command, ...args) =>
    execFileSync(command, args, { cwd: repository, maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'pipe'] })
  const folder = createFolder('revision')
  try {
    const commit = run('git', 'rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`).toString().trim()
    const archive = run('git', 'archive', commit, 'src', 'package.json', 'tsconfig.base.json', 'tsconfig.build.json')
    execFileSync('tar', ['-x', '-C', folder], { input: archive })
  } catch (error) {
    throw new Error(`--against ${revision}: ${String(error.stderr ?? error.message).trim()}`, { cause: error })
  }
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
  try {
    run(
      process.execPath,
      join(repository, 'node_modules/typescript/bin/tsc'),
      '-p',
      join(folder, 'tsconfig.build.json'),
    )
  } catch (error) {
    throw new Error(`--against ${revision} does not compile:\n${error.stdout}`, { cause: error })
  }
  if (!existsSync(join(folder, 'dist/index.js'))) throw new Error(`--against ${revision}: there is no dist/index.js`)
  return folder
}
