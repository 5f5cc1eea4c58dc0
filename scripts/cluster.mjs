import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs, parseEnv, styleText } from 'node:util'
import { hold } from './cluster/hold.mjs'
import { createOrganizer } from './cluster/organizer.mjs'
import { createProxy } from './cluster/proxy.mjs'
import { startRedis } from './cluster/redis.mjs'

const help = `npm run cluster                   three organizers behind one port, their sessions in Redis
npm run cluster -- --port 8080    on this port of 127.0.0.1, or of HOST

While it runs, r and Enter restart the organizers, one after another, each with what .env says by then; so does
the signal SIGUSR2. Ctrl+C stops everything.

Without REDIS_URL it starts a Redis of its own (redis-server, or the program that REDIS_SERVER names), which keeps its
data in the folder DATA_DIR (.data where it is not set). SESSION_TYPE=postgres keeps the sessions in DATABASE_URL
instead. People and events are there too where it is set, or else in one SQLite file. The key is SECRET_KEY, or one
that is made once and kept in DATA_DIR. All else that the organizer reads, it reads here too: ./.env, TRUST_PROXY, …`

const count = 3
const defaultPort = 8080
const running = []
let stopping = null

try {
  await main()
} catch (error) {
  // Not what comes of being stopped while it starts.
  if (!stopping) console.error(error.isRefusal ? error.message : error)
  await stop(1)
}

async function main() {
  const { values } = parse(process.argv.slice(2))
  if (values.help) return console.log(help)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0))

  // The organizers read the file themselves, each time they start.
  const env = { ...(existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {}), ...process.env }
  const folder = resolve(env.DATA_DIR || '.data')
  running.push(hold(folder))
  const sessionType = env.SESSION_TYPE || 'redis'
  const redis = sessionType === 'redis' && !env.REDIS_URL ? await startRedis(folder, env.REDIS_SERVER, say) : null
  if (redis) running.push(redis)

  const organizers = Array.from({ length: count }, (_, index) =>
    createOrganizer({
      name: `Organizer ${index + 1}`,
      say,
      env: {
        ...process.env,
        HOST: '127.0.0.1',
        DATA_DIR: folder,
        SESSION_TYPE: sessionType,
        TRUST_PROXY: String(Number(env.TRUST_PROXY || 0) + 1),
        ...(redis && { REDIS_URL: redis.url }),
      },
    }),
  )
  running.push(...organizers)
  // The first one makes the key and the tables.
  await organizers[0].start()
  await Promise.all(organizers.slice(1).map((organizer) => organizer.start()))

  const proxy = createServer(createProxy(organizers))
  const host = env.HOST || '127.0.0.1'
  const port = await listen(proxy, host, wantedPort(values.port))
  running.push({ stop: () => closed(proxy) })
  tell({
    url: `http://${host === '0.0.0.0' ? 'localhost' : host}:${port}`,
    organizers,
    redis,
    folder,
    env,
    sessionType,
  })
  takeCommands(organizers)
}

/** Restarts one after another: what is asked meanwhile, the others answer. */
async function restartAll(organizers) {
  say('Restarting the organizers, one after another.')
  for (const organizer of organizers) {
    if (stopping) return
    if (await organizer.restart()) continue
    // What one cannot start with, none can.
    if (!stopping) say(`${painted('red', '✗')} ${brokeOff(organizer.name)}`)
    return
  }
  say(`${painted('green', '✓')} All organizers were restarted.`)
}

function brokeOff(name) {
  return `It broke off there: ${name} is tried again until it starts, and the others go on. Mend it, then type r and Enter.`
}

function takeCommands(organizers) {
  let restarting = Promise.resolve()
  const restart = () => {
    restarting = restarting.then(() => restartAll(organizers)).catch((error) => say(error.message))
  }
  process.on('SIGUSR2', restart)
  createInterface({ input: process.stdin }).on('line', (line) => {
    if (line.trim() === 'r') restart()
    else if (line.trim()) say('r and Enter restart the organizers, Ctrl+C stops everything.')
  })
}

function tell({ url, organizers, redis, folder, env, sessionType }) {
  const rows = [
    ...organizers.map(({ name, address }) => [name, address()]),
    ['Sessions', redis ? redis.where : sessionType === 'redis' ? 'Redis of REDIS_URL' : `SESSION_TYPE=${sessionType}`],
    ['People', env.DATABASE_URL ? 'Postgres of DATABASE_URL' : `${folder}/organizer.db`],
    ['Key', env.SECRET_KEY ? 'SECRET_KEY of the environment' : `${folder}/development.key (made once)`],
    ...(env.NODE_ENV === 'production' ? [] : [['Sign in', 'john.smith@example.com / password123']]),
    ['Restart', `r and Enter, or kill -USR2 ${process.pid}`],
  ]
  console.log(`\n${painted('bold', 'Three organizers are running:')} ${painted('green', url)}     (Ctrl+C stops them)`)
  for (const [name, text] of rows) console.log(`  ${name.padEnd(13)}${text}`)
  console.log()
}

function say(text) {
  console.log(text)
}

/** In colour, for a terminal that has them, and not where `NO_COLOR` is set. */
function painted(format, text) {
  // styleText of Node 20 does not look where the text goes.
  return process.stdout.isTTY && !env.NO_COLOR && process.stdout.hasColors() ? styleText(format, text) : text
}

/** Stops what was started, the last first, so that requests are answered while there is still who answers them. */
async function stop(code) {
  if (stopping) return
  stopping = true
  for (const each of running.toReversed()) await each.stop()
  process.exit(code)
}

function parse(args) {
  try {
    return parseArgs({ args, options: { port: { type: 'string' }, help: { type: 'boolean', short: 'h' } } })
  } catch (error) {
    throw refusal(`${error.message.split('. ')[0]}. See npm run cluster -- --help`)
  }
}

function wantedPort(text) {
  if (text === undefined) return null
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw refusal(`--port takes a number from 0 to 65535, not ${JSON.stringify(text)}.`)
}

/** Listens on a port that was given, or on the first free one of the usual ones. */
async function listen(server, host, given) {
  for (let port = given ?? defaultPort; ; port++) {
    try {
      await new Promise((done, failed) => server.once('error', failed).listen(port, host, done))
      return server.address().port
    } catch (error) {
      server.removeAllListeners('error')
      if (error.code === 'EADDRINUSE' && given === null && port < defaultPort + 50) continue
      throw refusal(`Port ${port} of ${host} cannot be had: ${error.message}. Choose another with --port.`)
    }
  }
}

function closed(server) {
  return new Promise((done) => {
    server.close(done)
    setTimeout(() => server.closeAllConnections(), 5000).unref()
  })
}

function refusal(message) {
  return Object.assign(new Error(message), { isRefusal: true })
}
