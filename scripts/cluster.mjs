import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs, parseEnv, styleText } from 'node:util'
import { lockFolder } from './cluster/lock.mjs'
import { createOrganizer, forwardedHeaders } from './cluster/organizer.mjs'
import { createRedis } from './cluster/redis.mjs'
import { startBalancer } from './servers/http-proxy.mjs'

const help = `npm run cluster                   three organizers behind one port, with their sessions in Redis
npm run cluster -- --port 8080    on this port of 127.0.0.1, or of HOST; PORT=8080 does the same

Press r and Enter to restart the organizers one after another; each reads .env again. The signal SIGUSR2 does the
same. Ctrl+C stops everything.

Without REDIS_URL the cluster starts its own Redis (redis-server, or the program in REDIS_SERVER), with its data in
the folder DATA_DIR (default: .data). SESSION_TYPE=postgres keeps the sessions in DATABASE_URL instead. Users and
events are in DATABASE_URL if it is set, otherwise in one SQLite file. The key is SECRET_KEY, or one that is created
once and kept in DATA_DIR. All other settings of the organizer work here too: ./.env, TRUST_PROXY, …`

const count = 3
const defaultPort = 8080
const triedPorts = 50
const requestTimeoutMs = 5000

/** The functions that stop what was started, the last one first. */
const stops = []
let isStopping = false

try {
  await main()
} catch (error) {
  // Print the stack only for mistakes in this program.
  if (!isStopping) console.error(error.constructor === Error ? error.message : error)
  await stop(1)
}

async function main() {
  const { values } = parse(process.argv.slice(2))
  if (values.help) return console.log(help)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0))

  // The organizers read .env themselves, each time they start.
  const env = { ...(existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {}), ...process.env }
  const folder = resolve(env.DATA_DIR || '.data')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const lock = lockFolder(folder)
  stops.push(() => lock.close())

  const sessionType = env.SESSION_TYPE || 'redis'
  const redis = sessionType === 'redis' && !env.REDIS_URL ? await createRedis(folder) : null
  if (redis) {
    stops.unshift(redis.stop)
    await redis.start()
  }
  const host = env.HOST || '127.0.0.1'
  const balancer = await listen(host, values.port ?? (env.PORT || undefined))
  const organizerEnv = {
    ...process.env,
    HOST: '127.0.0.1',
    DATA_DIR: folder,
    SESSION_TYPE: sessionType,
    TRUST_PROXY: `${Number(env.TRUST_PROXY || 0) + 1}`,
    ...(redis && { REDIS_URL: redis.url }),
  }
  const names = Array.from({ length: count }, (_, index) => `Organizer ${index + 1}`)
  const organizers = names.map((name) => createOrganizer(name, organizerEnv, balancer))
  stops.unshift(...organizers.map((organizer) => organizer.stop))
  stops.unshift(() => balancer.stop(requestTimeoutMs))
  await organizers[0].start() // the first one creates the key and the tables
  await Promise.all(organizers.slice(1).map((organizer) => organizer.start()))

  const url = `http://${host === '0.0.0.0' ? 'localhost' : host}:${balancer.port}`
  printStart(url, [
    ...organizers.map(({ name, where }) => [name, where()]),
    ['Sessions', redis?.where() ?? (sessionType === 'redis' ? 'Redis of REDIS_URL' : `SESSION_TYPE=${sessionType}`)],
    ['Users', env.DATABASE_URL ? 'Postgres of DATABASE_URL' : `${folder}/organizer.db`],
    ['Key', env.SECRET_KEY ? 'SECRET_KEY of the environment' : `${folder}/development.key (created once)`],
    ...(env.NODE_ENV === 'production' ? [] : [['Sign in', 'john.smith@example.com / password123']]),
    ['Restart', `r and Enter, or kill -USR2 ${process.pid}`],
  ])
  readCommands(organizers)
}

function parse(args) {
  const options = { port: { type: 'string' }, help: { type: 'boolean', short: 'h' } }
  try {
    return parseArgs({ args, options })
  } catch (error) {
    throw new Error(`${error.message.split('. ')[0]}. See npm run cluster -- --help`, { cause: error })
  }
}

/** Listens on the given port, or on the first free one from 8080. */
async function listen(host, text) {
  if (text !== undefined && !(/^\d{1,5}$/.test(text) && Number(text) <= 65_535))
    throw new Error(`The port must be a number from 0 to 65535, not ${JSON.stringify(text)}.`)
  for (let port = Number(text ?? defaultPort); ; port++) {
    try {
      return await startBalancer({ host, port, addHeaders: forwardedHeaders })
    } catch (error) {
      if (error.code === 'EADDRINUSE' && text === undefined && port < defaultPort + triedPorts) continue
      const message = `Cannot listen on port ${port} of ${host}: ${error.message}. Choose another one with --port or PORT.`
      throw new Error(message, { cause: error })
    }
  }
}

function printStart(url, rows) {
  console.log(`\n${paint('bold', 'Three organizers are running:')} ${paint('green', url)}     (Ctrl+C stops them)`)
  for (const [name, text] of rows) console.log(`  ${name.padEnd(13)}${text}`)
  console.log()
}

/** Adds colour only on a terminal, because styleText of Node 20 does not check that. */
function paint(format, text) {
  return process.stdout.isTTY && !process.env.NO_COLOR && process.stdout.hasColors() ? styleText(format, text) : text
}

function readCommands(organizers) {
  let restarting = Promise.resolve()
  const restart = () => (restarting = restarting.then(() => restartAll(organizers)))
  process.on('SIGUSR2', restart)
  createInterface({ input: process.stdin }).on('line', (line) => {
    if (line.trim() === 'r') restart()
    else if (line.trim()) console.log('Press r and Enter to restart the organizers, Ctrl+C to stop everything.')
  })
}

/** Restarts one after another, so that the others respond meanwhile. */
async function restartAll(organizers) {
  console.log('Restarting the organizers, one after another.')
  for (const organizer of organizers) {
    if (isStopping) return
    if (await organizer.restart()) continue
    // The others would not start either.
    if (!isStopping)
      console.log(`${paint('red', '✗')} Stopped at ${organizer.name}. Fix the cause, then press r and Enter again.`)
    return
  }
  console.log(`${paint('green', '✓')} All organizers were restarted.`)
}

async function stop(code) {
  if (isStopping) return
  isStopping = true
  for (const each of stops) await each()
  process.exit(code)
}
