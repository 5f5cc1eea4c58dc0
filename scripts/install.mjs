import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { showProgress } from './progress-bar.mjs'
import { runCommand } from './run-command.mjs'

/**
 * Installs the packages of a folder's lock file, unless they are installed; resolves to whether they are.
 *
 * @param {string} folder
 * @param {'run' | 'all'} scope `run` leaves out what only tests and checks need
 */
export async function install(folder = '.', scope = 'all') {
  const stampFile = join(folder, 'node_modules/.sojourn-installed')
  const lockText = readFileSync(join(folder, 'package-lock.json'))
  const former = readIfExists(stampFile)
  // A folder that has the packages for tests keeps them, because its user will run tests again.
  const hasAll = existsSync(join(folder, 'node_modules/.package-lock.json')) && !former.endsWith(' run\n')
  const wanted = hasAll ? 'all' : scope
  // The stamp has the platform, because a folder shared with a container may hold binaries of the other system.
  const stamp = `${createHash('sha256').update(lockText).digest('hex')} ${process.platform}-${process.arch}`
  const paths = requiredPaths(folder, JSON.parse(lockText.toString()), wanted)
  const isComplete = () => paths.every((path) => existsSync(path))
  if ([`${stamp} ${wanted}\n`, `${stamp} all\n`].includes(former) && isComplete()) return true

  console.log(
    `Installing ${paths.length} packages of ${join(folder, 'package-lock.json')} (npm ci). This happens once …`,
  )
  const countInstalled = () => paths.filter((path) => existsSync(path)).length
  const hideProgress = showProgress('Installing', countInstalled, paths.length)
  const succeeded = await runNpmCi(folder, wanted)
  hideProgress()
  if (!succeeded) {
    console.error('The installation failed: see the errors of npm ci above. The next run tries again.')
    return false
  }
  writeFileSync(stampFile, `${stamp} ${wanted}\n`)
  return true
}

/** Returns a file of each package, because one may be removed later. Optional packages may be for other platforms. */
function requiredPaths(folder, lock, scope) {
  const isRequired = ([path, entry]) =>
    path !== '' && !entry.optional && (scope === 'all' || !(entry.dev || entry.devOptional))
  return Object.entries(lock.packages)
    .filter(isRequired)
    .map(([path]) => join(folder, path, 'package.json'))
}

async function runNpmCi(folder, scope) {
  // --include=dev, because npm leaves them out if NODE_ENV=production.
  const dev = scope === 'all' ? '--include=dev' : '--omit=dev'
  const args = ['ci', dev, '--ignore-scripts', '--no-audit', '--no-fund', '--no-progress']
  // The lock file names no registry, so npm asks for each package's address, unless its cache may answer.
  if ((await npm(folder, ...args, '--prefer-offline', '--loglevel=error')) === 0) return true
  // The cache may be older than the lock file.
  return (await npm(folder, ...args)) === 0
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
