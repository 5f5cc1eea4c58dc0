import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { child } from './child.mjs'

/** Installs what a folder's lock file names, unless that was done; resolves to whether it is there. */
export async function install(folder = '.') {
  const lockFile = join(folder, 'package-lock.json')
  const stampFile = join(folder, 'node_modules/.sojourn-installed')
  const lock = readFileSync(lockFile)
  // The platform is part of it: a folder shared with a container holds the other system's binaries.
  const stamp = `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`
  if (readIfAny(stampFile) === stamp && isComplete(folder, JSON.parse(lock.toString()))) return true

  console.log(`Installing what ${lockFile} names (npm ci); a first time takes some 10 seconds …`)
  // Named here, since CI and NODE_ENV=production would leave out the compiler.
  const failed = await npm(folder, 'ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund')
  if (failed) {
    console.error('The installation failed (npm ci, see above). The next run tries again.')
    return false
  }
  writeFileSync(stampFile, stamp)
  return true
}

/** A package may have been removed since; those of other platforms are never there. */
function isComplete(folder, lock) {
  return Object.entries(lock.packages).every(
    ([path, entry]) => path === '' || entry.optional || existsSync(join(folder, path, 'package.json')),
  )
}

/** The npm that called us rather than the first in PATH: with several on a machine, they differ. */
function npm(cwd, ...args) {
  const own = process.env.npm_execpath
  if (own?.endsWith('npm-cli.js')) return child(process.execPath, [own, ...args], { cwd })
  return child('npm', args, { cwd, shell: process.platform === 'win32' })
}

function readIfAny(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}
