import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, isAbsolute, join, resolve } from 'node:path'

/**
 * What tests use beside Node, one row each. The tests find it in the environment variable `env`.
 * `commands` are looked for in PATH, or are the well-known places of it; `ask` makes one tell its version, and fails
 * where it is not what is needed; `apt` are its Debian packages, `brew` or `byHand` is what does it elsewhere.
 * Where `together` names programs, what is found is a folder that has all of them, and the first tells the version.
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
    ask: ['-c', 'import flask, flask_session.redis; from importlib.metadata import version; print(version("flask"))'],
    // Flask-Session needs msgspec, which its package in Debian does not bring along.
    apt: ['python3-flask', 'python3-flask-session', 'python3-redis', 'python3-msgspec'],
    byHand: 'python3 -m venv .venv && .venv/bin/pip install flask flask-session redis msgspec',
  },
  {
    name: 'Redis',
    env: 'REDIS_SERVER',
    commands: ['redis-server'],
    apt: ['redis-server'],
    brew: ['redis'],
  },
  {
    name: 'Valkey',
    env: 'VALKEY_SERVER',
    commands: ['valkey-server'],
    apt: ['valkey-server'],
    brew: ['valkey'],
  },
  {
    name: 'Postgres',
    env: 'POSTGRES_BIN',
    // Debian and Homebrew keep the programs of each version in a folder that is not in PATH.
    commands: [
      ...newestFirst('/usr/lib/postgresql', /^\d+$/, 'bin'),
      ...newestFirst('/opt/homebrew/opt', /^postgresql@\d+$/, 'bin'),
      ...newestFirst('/usr/local/opt', /^postgresql@\d+$/, 'bin'),
      ...(process.env.PATH ?? '').split(delimiter).filter(isAbsolute),
    ],
    together: ['postgres', 'initdb'],
    apt: ['postgresql'],
    brew: ['postgresql@17'],
  },
  {
    name: 'nginx',
    env: 'NGINX',
    commands: ['nginx', '/usr/sbin/nginx'],
    ask: ['-v'],
    apt: ['nginx-light'],
    brew: ['nginx'],
  },
]

/** Finds what the tests use; fetches what is missing where that is allowed. Gives each row with its `path` and `version`. */
export function findNeeds(mayInstall) {
  const found = needs.map((need) => ({ ...need, ...find(need) }))
  const missing = found.filter((need) => !need.path && !need.given)
  if (missing.length === 0 || !mayInstall || !fetch(missing)) return found
  return found.map((need) => (need.path ? need : { ...need, ...find(need) }))
}

/** Finds one of them, by its environment variable. */
export function findNeed(env) {
  const need = needs.find((each) => each.env === env)
  return { ...need, ...find(need) }
}

/** One line for a person: what was found, or what to type. */
export function describeNeed({ name, env, path, version, given, apt, brew, byHand }) {
  if (path) return `  ${name} ${version} ✓ ${path}`
  if (given) return `  ${name} ✗ ${env}=${given} does not run`
  const onMac = byHand ?? `brew install ${brew.join(' ')}`
  const command = process.platform === 'darwin' ? onMac : `sudo apt-get install -y ${apt.join(' ')}`
  return `  ${name} ✗ not found. To run its tests: ${command}, or set ${env}`
}

function find({ env, commands, ask = ['--version'], together }) {
  const given = process.env[env]
  for (const command of given ? [given] : commands) {
    const path = together ? folderOf(command, together) : inPath(command)
    const version = path && versionOf(together ? join(path, together[0]) : path, ask)
    if (version) return { path, version, given }
  }
  return { given }
}

/** The folders `${parent}/${name}/${child}` whose name fits, that of the highest number first. */
function newestFirst(parent, name, child) {
  if (!existsSync(parent)) return []
  const number = (folder) => Number(/\d+/.exec(folder)[0])
  const names = readdirSync(parent).filter((folder) => name.test(folder))
  return names.toSorted((one, other) => number(other) - number(one)).map((folder) => join(parent, folder, child))
}

function folderOf(folder, programs) {
  return programs.every((program) => inPath(join(resolve(folder), program))) ? resolve(folder) : undefined
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
  const { status, stdout, stderr } = spawnSync(path, ask, { encoding: 'utf8', timeout: 20_000 })
  return status === 0 ? (/\d+(\.\d+)+/.exec(stdout + stderr)?.[0] ?? '(version unknown)') : undefined
}

function fetch(missing) {
  if (process.platform === 'darwin') return missing.every(({ brew }) => brew && show('brew', 'install', ...brew))
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false
  if (!show('apt-get', 'update')) return false
  const install = (packages) => show('apt-get', 'install', '-y', '--no-install-recommends', ...packages)
  const all = () => install(missing.flatMap(({ apt }) => apt))
  // Where one of the packages is none that this Debian has, the others are fetched all the same.
  const each = () => missing.map(({ apt }) => install(apt)).some(Boolean)
  return startingNothing(() => all() || (missing.length > 1 && each()))
}

/** Debian starts the servers that it installs, unless this file says otherwise. The tests start their own. */
function startingNothing(install) {
  const policy = '/usr/sbin/policy-rc.d'
  if (existsSync(policy)) return install()
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return install()
  } finally {
    rmSync(policy)
  }
}

function show(command, ...args) {
  console.log(`$ ${[command, ...args].join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env }).status === 0
}
