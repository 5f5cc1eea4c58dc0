import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { untilDone } from './again.mjs'
import { freePort, startChild } from './child.mjs'

const missing = `Redis is not installed, and the cluster keeps its sessions there. Install it: sudo apt-get install -y redis-server
(on macOS brew install redis). Or name one that runs: REDIS_URL=redis://HOST:PORT npm run cluster`

/** Starts a Redis that loses nothing when it is stopped: each change is written to a file, and none is given up for another. */
export async function startRedis(dataDir, given, say) {
  const folder = join(dataDir, 'redis')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const port = await freePort()
  const password = randomBytes(24).toString('base64url')
  // Given on standard input, since arguments are seen by everybody on the machine, as the port is reached by them.
  const config = `
    bind 127.0.0.1
    port ${port}
    requirepass ${password}
    dir ${JSON.stringify(folder)}
    save ""
    appendonly yes
    appendfsync everysec
    maxmemory-policy noeviction
    loglevel warning
    `.replaceAll(/^ +/gm, '')

  let current = null
  const leaving = new AbortController()

  async function start() {
    for (const program of given ? [given] : ['redis-server', 'valkey-server']) {
      const said = []
      const child = startChild(program, ['-'], { env: process.env, input: config, onLine: (line) => said.push(line) })
      current = child
      if (await answers(child, port, password)) {
        void child.ended.then(over)
        return
      }
      if ((await child.ended)?.code !== 'ENOENT') throw refusal(`${program} did not start:\n${said.join('\n')}`)
    }
    throw refusal(given ? `REDIS_SERVER=${given} is no program that there is.` : missing)
  }

  async function over(how) {
    const { signal } = leaving
    if (signal.aborted) return
    say(`Redis ended (${how}); it is started again.`)
    const failed = ({ message }) => say(`${message}\nIt is tried again until it does.`)
    if (await untilDone(start, { pause: 500, signal, failed })) say('Redis is back.')
  }

  await start()
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    where: `Redis at 127.0.0.1:${port}, data in ${folder}`,
    async stop() {
      leaving.abort()
      await current.stop()
    },
  }
}

/** Whether it answers, before it is over. */
async function answers(child, port, password) {
  for (let tries = 0; tries < 600 && !child.isOver; tries++) {
    if ((await ask(port, `AUTH ${password}\r\nPING\r\n`)).includes('+PONG')) return true
    await Promise.race([sleep(25), child.ended])
  }
  if (!child.isOver) await child.stop()
  return false
}

function ask(port, command) {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.end(command))
    socket.setEncoding('utf8').setTimeout(1000, () => socket.destroy())
    socket.on('data', (text) => (answer += text))
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
  })
}

function refusal(message) {
  return Object.assign(new Error(message), { isRefusal: true })
}
