import { startTcpProxy } from '../../scripts/servers/tcp-proxy.mjs'
import { startSubject } from '../run/subjects.mjs'

/**
 * Commands and bytes that one server exchanged with Redis.
 *
 * @typedef {object} Traffic
 * @property {Map<string, number>} commands calls of each. A script is one command.
 * @property {number} roundTrips how often something was sent after a response
 * @property {number} sent bytes to Redis
 * @property {number} received bytes from Redis
 */

/** Starts a server that reaches its Redis through a proxy of its own, which counts, and can delay. */
export async function startObserved(module, variant, redisPort) {
  let traffic
  const resetTraffic = () => (traffic = { commands: new Map(), roundTrips: 0, sent: 0, received: 0 })
  resetTraffic()
  let isAnswered = true
  const proxy = await startTcpProxy(redisPort, () => ({
    toServer(bytes) {
      traffic.sent += bytes.length
      if (isAnswered) traffic.roundTrips++
      isAnswered = false
      // A command is an array of texts, each after its length. No data of the bench looks like that.
      for (const [, name] of bytes.latin1Slice().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)) {
        traffic.commands.set(name.toUpperCase(), (traffic.commands.get(name.toUpperCase()) ?? 0) + 1)
      }
    },
    toClient(bytes) {
      traffic.received += bytes.length
      isAnswered = true
    },
  }))
  const server = await startSubject(module, variant, { url: `redis://127.0.0.1:${proxy.port}` })
  return {
    row: variant.row,
    url: `http://127.0.0.1:${await server.readPort()}`,
    /** Counts from now on. Returns the traffic, which grows. */
    resetTraffic,
    /** @param {number} delayMs in each direction */
    setDelay: (delayMs) => proxy.set({ delayMs }),
    async end() {
      server.end()
      await proxy.stop()
    },
  }
}
