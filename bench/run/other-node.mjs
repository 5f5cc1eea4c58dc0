import { execFileSync } from 'node:child_process'

/** Finds the Node of `--node`: a path, or a version, which npm gets and keeps in its cache. */
export function findNode(wanted) {
  const print = 'process.execPath + " " + process.versions.node'
  const [command, ...args] = /^\d+(\.\d+)*$/.test(wanted)
    ? ['npm', 'exec', '--yes', '--ignore-scripts=false', `--package=node@${wanted}`, '--', 'node', '-p', print]
    : [wanted, '-p', print]
  try {
    const output = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    const [, path, version] = /^(.+) (\d+\.\d+\.\d+)\s*$/.exec(output)
    return { path, version, name: `Node ${Number.parseInt(version, 10)}` }
  } catch (error) {
    throw new Error(`--node ${wanted} does not run: ${error.message}`, { cause: error })
  }
}
