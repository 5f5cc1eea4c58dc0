import { requestOf } from '../load.mjs'
import { check, visit } from '../requests.mjs'

/** What is asked of each server, by a name. `cookie` is `theirs` of a visitor who has a session of that size. */
export const asked = [
  { name: 'read, small', path: '/read', size: 'small', cookie: 'theirs' },
  { name: 'read, 1 KB', path: '/read', size: '1KB', cookie: 'theirs' },
  { name: 'change, small', path: '/count', size: 'small', cookie: 'theirs' },
  { name: 'change, 1 KB', path: '/count', size: '1KB', cookie: 'theirs' },
  { name: 'sign in, small', path: '/begin/small', cookie: 'none' },
  { name: 'sign in, 1 KB', path: '/begin/1KB', cookie: 'none' },
  { name: 'no cookie, not touched', path: '/plain', cookie: 'none' },
  { name: 'no cookie, read', path: '/read', cookie: 'none' },
  { name: 'a forged cookie, read', path: '/read', cookie: 'forged' },
]

const visitors = 20

/**
 * What one request costs, in means of some, one at a time.
 *
 * @typedef {object} Cost
 * @property {Map<string, number>} commands
 * @property {number} roundTrips
 * @property {number} sent bytes to Redis
 * @property {number} received bytes from Redis
 *
 * @param {{ id: string, variant: import('../servers/index.mjs').Variant, sockets: readonly any[] }} server
 * @param {Awaited<ReturnType<typeof import('./proxy.mjs').startProxy>>} proxy the only one by which it reaches Redis
 * @param {number} count
 * @returns {Promise<Map<string, Cost>>}
 */
export async function costsOf({ id, variant, sockets }, proxy, count) {
  const [socket] = sockets
  const cookies = new Map()
  const costs = new Map()
  for (const { name, path, size, cookie } of asked) {
    const given = size ?? 'small'
    if (!cookies.has(given)) cookies.set(given, await visit([socket], given, visitors))
    const sent = cookies.get(given).map((text) => requestOf(path, cookieOf(cookie, text)))
    check(id, variant, { path, size }, await socket.exchange(sent[0]))
    for (const request of sent) await socket.exchange(request) // the first of a visitor is not as all others
    const traffic = proxy.begin()
    for (let index = 0; index < count; index++) await socket.exchange(sent[index % visitors])
    proxy.begin()
    costs.set(name, {
      commands: new Map([...traffic.commands].map(([command, times]) => [command, times / count])),
      roundTrips: traffic.roundTrips / count,
      sent: traffic.sent / count,
      received: traffic.received / count,
    })
  }
  return costs
}

function cookieOf(cookie, theirs) {
  if (cookie === 'none') return undefined
  return cookie === 'theirs' ? theirs : forged(theirs)
}

/** With another character in the middle of the value. */
function forged(text) {
  const at = Math.floor((text.indexOf('=') + text.length) / 2)
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
}

/**
 * What is sent to Redis while the same visitors read their unchanged sessions, one request after the other.
 *
 * @returns {Promise<{ seconds: number, requests: number, commands: number }>}
 */
export async function steadyOf({ sockets: [socket] }, proxy, milliseconds) {
  const cookies = await visit([socket], 'small', visitors)
  const sent = cookies.map((cookie) => requestOf('/read', cookie))
  for (const request of sent) await socket.exchange(request)
  const traffic = proxy.begin()
  const started = performance.now()
  let requests = 0
  while (performance.now() - started < milliseconds) await socket.exchange(sent[requests++ % visitors])
  const commands = [...traffic.commands.values()].reduce((sum, times) => sum + times, 0)
  return { seconds: (performance.now() - started) / 1000, requests, commands }
}
