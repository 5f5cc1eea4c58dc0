import { execFileSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createFolder } from '../../scripts/servers/child-process.mjs'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Builds the revision of `--against`, outside this checkout, with the packages that are installed here. Its folder is
 * removed when the bench ends.
 *
 * @param {string} revision as git names it
 */
export function buildRevision(revision) {
  const run = (command, args, input) => runFor(`--against ${revision}`, command, args, { cwd: repository, input })
  const folder = createFolder('revision')
  const commit = run('git', ['rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`])
    .toString()
    .trim()
  const files = ['src', 'package.json', 'tsconfig.base.json', 'tsconfig.build.json']
  run('tar', ['-x', '-C', folder], run('git', ['archive', commit, ...files]))
  const packages = join(repository, 'node_modules')
  symlinkSync(packages, join(folder, 'node_modules'))
  run(process.execPath, [join(packages, 'typescript/bin/tsc'), '-p', join(folder, 'tsconfig.build.json')])
  return folder
}

/** Finds the Node of `--node`: a path, or a version, which npm gets and keeps in its cache. */
export function findNode(wanted) {
  const print = ['-p', 'process.execPath + " " + process.versions.node']
  const isVersion = /^\d+(\.\d+)*$/.test(wanted)
  const npm = ['exec', '--yes', '--ignore-scripts=false', `--package=node@${wanted}`, '--', 'node', ...print]
  const output = runFor(`--node ${wanted}`, isVersion ? 'npm' : wanted, isVersion ? npm : print, {}).toString()
  const [, path, version] = /^(.+) (\d+\.\d+\.\d+)\s*$/.exec(output)
  return { path, version, name: `Node ${Number.parseInt(version, 10)}` }
}

/** Runs a program and returns its output. @throws the name of the option, and why */
function runFor(option, command, args, options) {
  try {
    return execFileSync(command, args, { maxBuffer: 2 ** 30, stdio: 'pipe', ...options })
  } catch (error) {
    const output = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim()
    throw new Error(`${option}: ${output || error.message}`, { cause: error })
  }
}
