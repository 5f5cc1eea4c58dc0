import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { cookieHeader } from './cookies.mjs'
import { connection, load, requestOf, setCookiesOf } from './load.mjs'
import { interleave } from './rounds.mjs'
import { begins } from './servers/answers.mjs'
import { idOf, variants } from './servers/index.mjs'

export const connections = 16
export const visitors = 200

/** What is asked of each server, by a name; `size` is of the session that the visitor has. */
export const loads = [
  { name: 'read, small', path: '/read', size: 'small' },
  { name: 'read, 1 KB', path: '/read', size: '1KB' },
  { name: 'count, small', path: '/count', size: 'small' },
  { name: 'count, 1 KB', path: '/count', size: '1KB' },
  { name: 'no cookie, not touched', path: '/plain' },
  { name: 'no cookie, read', path: '/read' },
]

/**
 * Of a measurement: CPU in microseconds, and requests at most.
 *
 * @typedef {{ budget: number, most: number }} Effort
 */

/**
 * Whole requests over loopback, each server in a process of its own. Resolves to the server's microseconds of CPU a
 * request, one a round, by `nameOf`.
 *
 * @param {object} options
 * @param {number} options.rounds
 * @param {boolean} options.quick
 * @param {(round: number) => void} options.onRound
 * @param {readonly import('./servers/index.mjs').Variant[]} [options.of] the servers
 * @param {readonly { name: string, path: string, size?: string }[]} [options.asked]
 * @param {NodeJS.ProcessEnv} [options.env] what the servers are told
 * @param {Effort} [options.effort]
 * @param {{ microseconds: () => Promise<number>, took: (name: string, each: number) => void }} [options.besides] another
 *   program's CPU, and what is told how much of it a request took, of warm-ups too
 */
export async function requests(options) {
  const { rounds, onRound, of = variants, asked = loads, env = {} } = options
  const servers = []
  try {
    const cases = []
    for (const variant of of) {
      // Two processes, so that what changes leave to the garbage collector counts as theirs.
      for (const theirs of [
        asked.filter(({ path }) => path !== '/count'),
        asked.filter(({ path }) => path === '/count'),
      ]) {
        const server = await start(variant, env)
        servers.push(server)
        cases.push(...(await casesOf(server, theirs, options)))
      }
    }
    return await interleave(cases, { rounds, onRound })
  } finally {
    for (const { stop } of servers) stop()
  }
}

/** @param {string} id @param {string} load */
export const nameOf = (id, load) => `${id} · ${load}`

// A server that waits its turn is not to lose what V8 takes from idle ones: a large young generation, and compiled code.
// It would pay for them again when it is measured, some 2 µs a request.
const busy = ['--min-semi-space-size=16', '--max-semi-space-size=16', '--no-memory-reducer', '--no-flush-bytecode']

/**
 * Starts a server in a process of its own, and connects to it.
 *
 * @param {import('./servers/index.mjs').Variant} variant
 * @param {NodeJS.ProcessEnv} env
 */
export async function start(variant, env) {
  const id = idOf(variant)
  const child = fork(fileURLToPath(new URL('server.mjs', import.meta.url)), [id], {
    env: { ...process.env, ...env, NODE_ENV: 'production' },
    execArgv: busy,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let complaints = ''
  child.stderr.on('data', (chunk) => (complaints += chunk))
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`The server "${id}" ended with code ${code}.\n${complaints}`)
  })
  failed.catch(() => {}) // it is told to whoever waits for an answer
  const answer = async () => (await Promise.race([once(child, 'message'), failed]))[0]
  const { port } = await answer()
  const sockets = Array.from({ length: connections }, () => connection(port))
  return {
    variant,
    id,
    sockets,
    async microseconds() {
      child.send('')
      return (await answer()).microseconds
    },
    stop() {
      for (const { close } of sockets) close()
      child.kill()
    },
  }
}

/** @type {Effort} */
const usual = { budget: 100_000, most: 2000 }

async function casesOf(
  { variant, id, sockets, microseconds },
  loads,
  { quick, effort: { budget, most } = usual, besides },
) {
  /** @type {Map<string | undefined, readonly string[]>} */
  const cookies = new Map([[undefined, [undefined]]])
  const cases = []
  for (const { name, path, size } of loads) {
    // Nobody has a cookie of a server that gives none.
    const held = variant.kind === 'bare' ? undefined : size
    if (!cookies.has(held)) cookies.set(held, await visit(sockets, held, visitors))
    const sent = cookies.get(held).map((cookie) => requestOf(path, cookie))
    check(id, variant, { path, size }, await sockets[0].exchange(sent[0]))
    // The first measurement, which does not count, tells how many requests the next ones take.
    let count = 200
    cases.push({
      name: nameOf(id, name),
      async measure() {
        await load(sockets, sent, Math.ceil(count / 10)) // it has been idle, and its caches are cold
        const [before, besidesBefore] = [await microseconds(), await besides?.microseconds()]
        await load(sockets, sent, count)
        const each = ((await microseconds()) - before) / count
        besides?.took(nameOf(id, name), ((await besides.microseconds()) - besidesBefore) / count)
        count = quick ? count : Math.min(most, Math.max(count, Math.ceil(budget / each)))
        return each
      },
    })
  }
  return cases
}

/** The `Cookie` headers of so many visitors, who have each been given a session. */
export async function visit(sockets, size, count) {
  const cookies = []
  let left = count
  await Promise.all(
    sockets.map(async ({ exchange }) => {
      while (left-- > 0) {
        cookies.push(cookieHeader(setCookiesOf(await exchange(requestOf(`/begin/${size}`)))))
      }
    }),
  )
  return cookies
}

/** A server that does not do the work would win. */
export function check(id, { kind, keepsCookie }, { path, size }, response) {
  const body = response.slice(response.indexOf('\r\n\r\n') + 4)
  const isOk = path === '/plain' || begins(path)
  const expected = kind === 'bare' ? '1' : isOk ? 'ok' : path === '/count' ? '1' : size ? '42' : 'guest'
  const sets = kind !== 'bare' && (begins(path) || (!keepsCookie && path === '/count'))
  if (body !== expected || (sets && setCookiesOf(response).length === 0)) {
    throw new Error(`${id} answered GET ${path} with:\n${response}`)
  }
}
