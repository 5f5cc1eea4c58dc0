import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { cookieHeader } from '../cookies.mjs'
import { idOf } from './servers/index.mjs'

// A server that waits for its turn must keep its young generation and its compiled code. V8 takes both from idle
// processes, and getting them back would cost some 2 µs a request.
const keepCaches = [
  '--min-semi-space-size=16',
  '--max-semi-space-size=16',
  '--no-memory-reducer',
  '--no-flush-bytecode',
]

/**
 * Starts a server in a process of its own.
 *
 * @param {import('./servers/index.mjs').Server} server
 * @param {NodeJS.ProcessEnv} [env]
 */
export async function startServer(server, env) {
  const child = fork(fileURLToPath(new URL('process.mjs', import.meta.url)), [idOf(server)], {
    env: { ...process.env, ...env, NODE_ENV: 'production' },
    execArgv: keepCaches,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let errorOutput = ''
  child.stderr.on('data', (chunk) => (errorOutput += chunk))
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`The server ${idOf(server)} ended with ${code}.\n${errorOutput}`)
  })
  failed.catch(() => {}) // `nextMessage` reports it
  const nextMessage = async () => (await Promise.race([once(child, 'message'), failed]))[0]
  const { port } = await nextMessage()
  return {
    server,
    url: `http://127.0.0.1:${port}`,
    /** Resolves to the microseconds of CPU that its process has used. */
    async readCpu() {
      child.send('')
      return (await nextMessage()).cpu
    },
    stop: () => child.kill(),
  }
}

/**
 * Sends `amount` GET requests. Each connection has its share of the visitors. Returns the latency of each request in
 * milliseconds.
 *
 * @param {{ url: string }} running
 * @param {string} path
 * @param {readonly (string | undefined)[]} cookies of the visitors
 * @param {number} amount
 * @param {number} [maxConnections]
 */
export async function sendRequests({ url }, path, cookies, amount, maxConnections = 16) {
  const connections = Math.min(maxConnections, amount)
  const latencies = []
  let next = 0
  const run = autocannon({
    url,
    amount,
    connections,
    sampleInt: 5, // it ends at a sample: by default there is one a second
    setupClient(client) {
      const first = next++
      const share = cookies.filter((_, index) => index % connections === first % cookies.length)
      client.setRequests(share.map((cookie) => ({ path, headers: cookie === undefined ? {} : { cookie } })))
    },
  })
  run.on('response', (_client, _status, _bytes, latency) => latencies.push(latency))
  const { non2xx, errors } = await run
  if (latencies.length !== amount || non2xx + errors > 0) {
    throw new Error(`GET ${url}${path}: ${non2xx} failed and ${errors} errors in ${amount} requests`)
  }
  return latencies
}

/** Returns the `Cookie` headers of visitors with a session of that size. @param {{ url: string }} running */
export async function collectCookies({ url, server }, size, count) {
  if (size === undefined || server.name === undefined) return [undefined]
  const cookies = []
  while (cookies.length < count) {
    const response = await fetch(`${url}/begin/${size}`)
    await response.text()
    cookies.push(cookieHeader(response.headers.getSetCookie()))
  }
  return cookies
}
