import { createFigures, median } from '../rounds.mjs'
import { formatNumber, renderMedians, renderTable } from '../tables.mjs'
import { changeLoads, noCookieLoads, readLoads } from './loads.mjs'
import { measureServers } from './measure.mjs'
import { idOf, servers } from './servers/index.mjs'

/** Measures the CPU that sessions add to whole requests. @param {{ rounds: number, quick: boolean }} options */
export async function measureRequests({ rounds, quick }) {
  const loads = [...readLoads, ...changeLoads, ...noCookieLoads]
  const figures = await measureServers({ label: 'requests', servers, loads, rounds, quick })
  const base = { row: 'node:http + a cookie signed by hand', name: 'signed by hand' }
  return [
    renderPlainServers(figures),
    renderAdded(figures, { title: 'Read the session', servers, loads: readLoads, base }),
    renderAdded(figures, { title: 'Change the session', servers, loads: changeLoads, base }),
    renderAdded(figures, { title: 'No cookie', servers, loads: noCookieLoads }),
  ].join('\n\n')
}

/**
 * Returns a table of the CPU that sessions add: that of the server minus that of the same framework without sessions,
 * round by round.
 *
 * @param {import('../rounds.mjs').Figures} figures
 * @param {object} options
 * @param {string} options.title
 * @param {readonly import('./servers/index.mjs').Server[]} options.servers
 * @param {readonly string[]} options.loads
 * @param {{ row: string, name: string }} [options.base]
 */
export function renderAdded(figures, { title, servers, loads, base }) {
  const withSessions = servers.filter((server) => !isPlain(server))
  const added = createFigures()
  for (const server of withSessions) {
    for (const load of loads) {
      const plain = figures.get(server.host, load)
      for (const [round, figure] of figures.get(idOf(server), load).entries()) {
        added.add(idOf(server), { [load]: figure - plain[round] })
      }
    }
  }
  const columns = Object.fromEntries(loads.map((load) => [`${load}: µs`, load]))
  return renderMedians(added, { title, rows: withSessions.map(idOf), columns, base })
}

function renderPlainServers(figures) {
  const rows = servers
    .filter(isPlain)
    .map((server) => [idOf(server), formatNumber(median(figures.get(idOf(server), 'read, small')))])
  return renderTable('A whole request without sessions', [['', 'µs'], ...rows])
}

const isPlain = ({ name }) => name === undefined
