import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, isAbsolute, join, resolve } from 'node:path'

/**
 * The programs that tests need, besides Node. The tests read the path from the environment variable `env`.
 * `commands` are searched in PATH, or are absolute paths. The arguments `ask` print the version, and fail if the program
 * cannot be used. `apt` are the Debian packages; `brew` or `byHand` installs it elsewhere.
 * If `together` is given, the path is that of a folder with all these programs, and the first one prints the version.
 */
const needs = [
  {
    name: 'Chromium',
    env: 'CHROME_PATH',
    commands: [
      'chromium-headless-shell', // tests in it take two thirds of the time
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
    apt: ['chromium-headless-shell'],
    brew: ['--cask', 'google-chrome'],
  },
  {
    name: 'Flask',
    env: 'PYTHON',
    commands: ['/usr/bin/python3', 'python3', resolve('.venv/bin/python3')],
    ask: ['-c', 'import flask, flask_session.redis; from importlib.metadata import version; print(version("flask"))'],
    // Flask-Session needs msgspec, but its Debian package does not depend on it.
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
    // Debian and Homebrew install each version in a folder that is not in PATH.
    commands: [
      ...listNewestFirst('/usr/lib/postgresql', /^\d+$/, 'bin'),
      ...listNewestFirst('/opt/homebrew/opt', /^postgresql@\d+$/, 'bin'),
      ...listNewestFirst('/usr/local/opt', /^postgresql@\d+$/, 'bin'),
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

/** Finds all programs, and installs missing ones if that is allowed; returns each row with its `path` and `version`. */
export function findNeeds(mayInstall) {
  const found = needs.map((need) => ({ ...need, ...find(need) }))
  const missing = found.filter((need) => !need.path && !need.given)
  if (missing.length === 0 || !mayInstall || !install(missing)) return found
  return found.map((need) => (need.path ? need : { ...need, ...find(need) }))
}

/** Finds one of them, by its environment variable. */
export function findNeed(env) {
  const need = needs.find((each) => each.env === env)
  return { ...need, ...find(need) }
}

/** Describes a row in one line: its path and version, or the command that installs it. */
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
    const path = together ? findFolder(command, together) : findInPath(command)
    const version = path && readVersion(together ? join(path, together[0]) : path, ask)
    if (version) return { path, version, given }
  }
  return { given }
}

/** Lists the folders `${parent}/${name}/${child}` whose name matches, the highest version first. */
function listNewestFirst(parent, name, child) {
  if (!existsSync(parent)) return []
  const number = (folder) => Number(/\d+/.exec(folder)[0])
  const names = readdirSync(parent).filter((folder) => name.test(folder))
  return names.toSorted((one, other) => number(other) - number(one)).map((folder) => join(parent, folder, child))
}

function findFolder(folder, programs) {
  return programs.every((program) => findInPath(join(resolve(folder), program))) ? resolve(folder) : undefined
}

function findInPath(command) {
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

/** Runs the program to get its version, because some systems have a placeholder of that name. */
function readVersion(path, ask) {
  const { status, stdout, stderr } = spawnSync(path, ask, { encoding: 'utf8', timeout: 20_000 })
  return status === 0 ? (/\d+(\.\d+)+/.exec(stdout + stderr)?.[0] ?? '(version unknown)') : undefined
}

function install(missing) {
  if (process.platform === 'darwin') return missing.every(({ brew }) => brew && run('brew', 'install', ...brew))
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false
  if (!run('apt-get', 'update')) return false
  const aptInstall = (packages) => run('apt-get', 'install', '-y', '--no-install-recommends', ...packages)
  const all = () => aptInstall(missing.flatMap(({ apt }) => apt))
  // Install each on its own if that fails: this Debian may lack one of the packages.
  const each = () => missing.map(({ apt }) => aptInstall(apt)).some(Boolean)
  return withoutStarting(() => all() || (missing.length > 1 && each()))
}

/** Keeps Debian from starting the servers that it installs, because the tests start their own. */
function withoutStarting(install) {
  const policy = '/usr/sbin/policy-rc.d'
  if (existsSync(policy)) return install()
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return install()
  } finally {
    rmSync(policy)
  }
}

function run(command, ...args) {
  console.log(`$ ${[command, ...args].join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env }).status === 0
}
