import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './run-command.mjs'

/** Installs the packages of a folder's lock file, unless they are installed; resolves to whether they are. */
export async function install(folder = '.') {
  const lockFile = join(folder, 'package-lock.json')
  const stampFile = join(folder, 'node_modules/.sojourn-installed')
  const lock = readFileSync(lockFile)
  // The stamp has the platform, because a folder shared with a container may hold binaries of the other system.
  const stamp = `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`
  if (readIfExists(stampFile) === stamp && isComplete(folder, JSON.parse(lock.toString()))) return true

  console.log(`Installing the packages of ${lockFile} (npm ci); the first time takes about 10 seconds …`)
  // --include=dev, because npm leaves the compiler out if NODE_ENV=production.
  const failed = await npm(folder, 'ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund')
  if (failed) {
    console.error('The installation failed: see the errors of npm ci above. The next run tries again.')
    return false
  }
  writeFileSync(stampFile, stamp)
  return true
}

/** Checks each package, because one may have been removed later. Optional ones may be for other platforms. */
function isComplete(folder, lock) {
  return Object.entries(lock.packages).every(
    ([path, entry]) => path === '' || entry.optional || existsSync(join(folder, path, 'package.json')),
  )
}

/** Runs the npm that started this process, because the first one in PATH may be another version. */
function npm(cwd, ...args) {
  const own = process.env.npm_execpath
  if (own?.endsWith('npm-cli.js')) return runCommand(process.execPath, [own, ...args], { cwd })
  return runCommand('npm', args, { cwd, shell: process.platform === 'win32' })
}

function readIfExists(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}
