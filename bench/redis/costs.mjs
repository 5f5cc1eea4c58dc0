import { collectCookies, sendRequests } from '../requests/client.mjs'
import { changeLoads, loads, readLoads, signInLoads } from '../requests/loads.mjs'
import { formatNumber, renderTable } from '../tables.mjs'

const visitors = 20

const sessionLoads = [...readLoads, ...changeLoads, ...signInLoads]
const columns = {
  read: 'read, small',
  change: 'change, small',
  'sign-in': 'sign-in, small',
  'no cookie': 'no cookie, read',
  'forged cookie': 'forged cookie, read',
}
const countedLoads = { ...loads, 'forged cookie, read': { ...loads['read, small'], isForged: true } }

/**
 * Counts the traffic of requests that are sent one at a time. Returns the means by load.
 *
 * @param {Awaited<ReturnType<typeof import('./observed-server.mjs').startObserved>>} observed
 * @param {number} count of requests
 * @returns {Promise<Map<string, import('./observed-server.mjs').Traffic>>}
 */
export async function countCosts(observed, count) {
  const costs = new Map()
  for (const [load, { path, size, isForged }] of Object.entries(countedLoads)) {
    const own = await collectCookies(observed, size, visitors)
    const cookies = isForged ? own.map(forgeCookie) : own
    await sendRequests(observed, path, cookies, visitors, 1) // the first request of a visitor differs from the others
    const traffic = observed.resetTraffic()
    await sendRequests(observed, path, cookies, count, 1)
    observed.resetTraffic()
    const { commands, roundTrips, sent, received } = traffic
    costs.set(load, {
      commands: new Map([...commands].map(([command, calls]) => [command, calls / count])),
      roundTrips: roundTrips / count,
      sent: sent / count,
      received: received / count,
    })
  }
  return costs
}

/** Changes one character in the middle of the cookie. */
function forgeCookie(cookie) {
  const at = Math.floor((cookie.indexOf('=') + cookie.length) / 2)
  return `${cookie.slice(0, at)}${cookie[at] === 'A' ? 'B' : 'A'}${cookie.slice(at + 1)}`
}

/** @param {Map<string, Awaited<ReturnType<typeof countCosts>>>} costs by server */
export function renderCommands(costs) {
  const rows = [...costs].map(([server, own]) => [
    server,
    ...Object.values(columns).map((load) => textOf(own.get(load))),
  ])
  return renderTable('Redis commands of a request, and round trips', [['', ...Object.keys(columns)], ...rows])
}

/** Returns text such as `1 GET + 1 SET (2)`. */
function textOf({ commands, roundTrips }) {
  if (commands.size === 0) return 'none'
  return `${[...commands].map(([name, calls]) => `${round(calls)} ${name}`).join(' + ')} (${round(roundTrips)})`
}

const round = (number) => (Math.abs(number - Math.round(number)) < 0.01 ? number.toFixed(0) : number.toFixed(2))

/** @param {Map<string, Awaited<ReturnType<typeof countCosts>>>} costs by server */
export function renderBytes(costs) {
  const textOf = ({ sent, received }) => `${formatNumber(Math.round(sent))} + ${formatNumber(Math.round(received))}`
  const rows = [...costs].map(([server, own]) => [server, ...sessionLoads.map((load) => textOf(own.get(load)))])
  return renderTable('Bytes of a request to Redis + from Redis', [['', ...sessionLoads], ...rows])
}
