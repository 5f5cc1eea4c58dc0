// @ts-check
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFolder, removeFolder, startProcess } from './child-process.mjs'
import { freePort } from './free-port.mjs'
import { createConnection, startRedis } from './redis.mjs'
import { startTcpProxy } from './tcp-proxy.mjs'
import { waitUntil } from './wait-until.mjs'

/** @typedef {import('./redis.mjs').RedisServer} RedisServer */

/**
 * A primary, its replica, and a sentinel that promotes the replica; all on 127.0.0.1.
 *
 * @typedef {object} SentinelSet
 * @property {string} name of the set at the sentinel
 * @property {{ host: string, port: number }} sentinel
 * @property {RedisServer} primary the primary at first
 * @property {RedisServer} replica
 * @property {() => void} freezeReplica freezes the replica, and drops all that is on its way to it
 * @property {() => Promise<void>} failOver kills the primary, and resolves when the replica was promoted
 * @property {() => Promise<void>} rejoin starts the killed primary again as a replica, and resolves when it is in sync
 * @property {() => Promise<void>} switchOver swaps the two while both run, and resolves when they are in sync
 * @property {() => Promise<void>} stop
 */

const name = 'main'
const withoutSyncDelay = ['--repl-diskless-sync-delay', '0'] // by default a primary waits 5 seconds for more replicas

/**
 * Starts the three on free ports.
 *
 * @param {object} [options]
 * @param {number} [options.downAfterMs] for how long the primary must be silent before the sentinel acts
 * @returns {Promise<SentinelSet>}
 */
export async function startSentinelSet({ downAfterMs = 400 } = {}) {
  const primary = await startRedis({ args: ['--appendonly', 'yes', ...withoutSyncDelay] })
  const network = await startTcpProxy(primary.port)
  const stops = [() => network.stop(), () => primary.stop()]
  const stop = async () => {
    for (const each of stops.splice(0)) await each()
  }
  try {
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', `${network.port}`, ...withoutSyncDelay] })
    stops.unshift(() => replica.stop())
    await untilInSync(primary)
    const sentinel = await startSentinel(primary.port, downAfterMs)
    stops.unshift(() => sentinel.stop())
    const isKnown = async () => String(await sentinel.ask('SENTINEL', 'REPLICAS', name)).includes(`${replica.port}`)
    await waitUntil(isKnown, 'The sentinel did not find the replica')

    const untilPromoted = () =>
      waitUntil(async () => {
        const address = /** @type {string[]} */ (await sentinel.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name))
        return Number(address[1]) === replica.port && (await roleOf(replica)) === 'master'
      }, 'The replica was not promoted')

    // The sentinel does this as well, but only after 8 seconds.
    const followReplica = () => primary.ask('REPLICAOF', '127.0.0.1', `${replica.port}`)

    return {
      name,
      sentinel: { host: '127.0.0.1', port: sentinel.port },
      primary,
      replica,
      freezeReplica() {
        replica.freeze()
        network.set({ toServer: 'swallow', toClient: 'swallow' })
      },
      async failOver() {
        await primary.kill()
        replica.thaw()
        await untilPromoted()
      },
      async rejoin() {
        await primary.restart()
        await followReplica()
        await untilInSync(replica)
      },
      async switchOver() {
        // Asked again until it is done: on a busy machine the sentinel may give up a failover that it has started.
        await waitUntil(async () => {
          if ((await roleOf(replica)) === 'master') return true
          await sentinel.ask('SENTINEL', 'FAILOVER', name)
          return false
        }, 'The sentinel did not begin to promote the replica')
        await untilPromoted()
        await followReplica()
        await primary.ask('CLIENT', 'KILL', 'TYPE', 'normal')
        await untilInSync(replica)
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** @param {RedisServer} server @returns {Promise<unknown>} 'master' or 'slave' */
export async function roleOf(server) {
  const role = /** @type {unknown[]} */ (await server.ask('ROLE'))
  return role[0]
}

/** Resolves when a primary has a replica that has all its writes. @param {RedisServer} primary */
export async function untilInSync(primary) {
  await waitUntil(async () => (await primary.ask('WAIT', '1', '100')) === 1, 'The replica was not in sync')
}

/** @param {number} primaryPort @param {number} downAfterMs */
async function startSentinel(primaryPort, downAfterMs) {
  const program = /** @type {string} */ (process.env['REDIS_SERVER'])
  const folder = createFolder('sentinel')
  const port = await freePort()
  const file = join(folder, 'sentinel.conf')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor ${name} 127.0.0.1 ${primaryPort} 1`,
    `sentinel down-after-milliseconds ${name} ${downAfterMs}`,
    `sentinel failover-timeout ${name} 3000`,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  const sentinel = startProcess(program, [file, '--sentinel'])
  const connection = createConnection(`redis://127.0.0.1:${port}`)
  return {
    port,
    ask: connection.ask,
    async stop() {
      connection.close()
      await sentinel.stop('SIGKILL')
      removeFolder(folder)
    },
  }
}
