import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, isAbsolute, join, resolve } from 'node:path'

/**
 * What tests use beside Node, one row each. The tests find it in the environment variable `env`.
 * `commands` are looked for in PATH, or are the well-known places of it; `ask` makes one tell its version, and fails
 * where it is not what is needed; `apt` are its Debian packages, `brew` or `byHand` is what does it elsewhere.
 */
const needs = [
  {
    name: 'Chromium',
    env: 'CHROME_PATH',
    commands: [
      'chromium',
      'chromium-browser',
      'google-chrome',
      'google-chrome-stable',
      'microsoft-edge',
      '/snap/bin/chromium',
      '/opt/google/chrome/chrome',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
    ],
    apt: ['chromium'],
    brew: ['--cask', 'google-chrome'],
  },
  {
    name: 'Flask',
    env: 'PYTHON',
    commands: ['/usr/bin/python3', 'python3', resolve('.venv/bin/python3')],
    ask: ['-c', 'import flask, itsdangerous; from importlib.metadata import version; print(version("flask"))'],
    apt: ['python3-flask'],
    byHand: 'python3 -m venv .venv && .venv/bin/pip install flask',
  },
]

/** Finds what the tests use; fetches what is missing where that is allowed. Gives each row with its `path` and `version`. */
export function findNeeds(mayInstall) {
  const found = needs.map((need) => ({ ...need, ...find(need) }))
  const missing = found.filter((need) => !need.path && !need.given)
  if (missing.length === 0 || !mayInstall || !fetch(missing)) return found
  return found.map((need) => (need.path ? need : { ...need, ...find(need) }))
}

/** One line for a person: what was found, or what to type. */
export function describeNeed({ name, env, path, version, given, apt, brew, byHand }) {
  if (path) return `  ${name} ${version} ✓ ${path}`
  if (given) return `  ${name} ✗ ${env}=${given} does not run`
  const onMac = byHand ?? `brew install ${brew.join(' ')}`
  const command = process.platform === 'darwin' ? onMac : `sudo apt-get install -y ${apt.join(' ')}`
  return `  ${name} ✗ not found. To run its tests: ${command}, or set ${env}`
}

function find({ env, commands, ask = ['--version'] }) {
  const given = process.env[env]
  for (const command of given ? [given] : commands) {
    const path = inPath(command)
    const version = path && versionOf(path, ask)
    if (version) return { path, version, given }
  }
  return { given }
}

function inPath(command) {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const places = isAbsolute(command) ? [command] : folders.map((folder) => join(folder, command))
  return places.find((place) => {
    try {
      accessSync(place, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Asked rather than trusted: some systems have a placeholder by that name which only says where to get it. */
function versionOf(path, ask) {
  const { status, stdout } = spawnSync(path, ask, { encoding: 'utf8', timeout: 20_000 })
  return status === 0 ? (/\d+(\.\d+)+/.exec(stdout)?.[0] ?? '(version unknown)') : undefined
}

function fetch(missing) {
  if (process.platform === 'darwin') return missing.every(({ brew }) => brew && show('brew', 'install', ...brew))
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false
  const packages = missing.flatMap(({ apt }) => apt)
  return show('apt-get', 'update') && show('apt-get', 'install', '-y', '--no-install-recommends', ...packages)
}

function show(command, ...args) {
  console.log(`$ ${[command, ...args].join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env }).status === 0
}
