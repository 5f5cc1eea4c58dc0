import { execFile } from 'node:child_process'
import { cp, mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The folder of this repository. */
export const repository = fileURLToPath(new URL('../..', import.meta.url))

/** The files of the repository as they are now: those in git, and those that `git add --all` would put there. */
export async function repositoryFiles(): Promise<string[]> {
  const listed = await git('ls-files', '-z', '--cached', '--others', '--exclude-standard')
  const files = await Promise.all(
    listed.split('\0').map(async (file) => ((await isFile(join(repository, file))) ? [file] : [])),
  )
  return files.flat()
}

/**
 * Makes what `git clone` gives a newcomer. With changes that are not committed yet, their files are copied instead, so
 * that what is tested is what is being worked on.
 */
export async function cloneInto(folder: string): Promise<void> {
  if (await isClean()) {
    await git('clone', '--quiet', '--no-hardlinks', repository, folder)
    return
  }
  for (const file of await repositoryFiles()) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await cp(join(repository, file), join(folder, file))
  }
}

async function isClean(): Promise<boolean> {
  const hasCommit = await git('rev-parse', '--verify', '--quiet', 'HEAD').catch(() => '')
  return hasCommit !== '' && (await git('status', '--porcelain')) === ''
}

/** The checkout may belong to another user than the one who runs the tests, as in containers. */
async function git(...args: string[]): Promise<string> {
  const options = { cwd: repository, maxBuffer: 64 << 20 }
  return (await run('git', ['-c', 'safe.directory=*', ...args], options)).stdout
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false
}
