import { startTcpProxy } from '../../scripts/servers/tcp-proxy.mjs'

/** Starts a proxy in front of a Redis, for one server. It counts commands, round trips and bytes, and can delay. */
export async function startProxy(redisUrl) {
  let traffic
  const resetTraffic = () => (traffic = { commands: 0, 'round trips': 0, sent: 0, received: 0 })
  resetTraffic()
  let isAnswered = true
  const proxy = await startTcpProxy(Number(new URL(redisUrl).port), () => ({
    toServer(bytes) {
      traffic.sent += bytes.length
      if (isAnswered) traffic['round trips']++
      isAnswered = false
      // A command is an array of texts, each after its length. No data of the bench looks like that.
      traffic.commands += bytes.latin1Slice().match(/\*\d+\r\n\$\d+\r\n\w+\r\n/g)?.length ?? 0
    },
    toClient(bytes) {
      traffic.received += bytes.length
      isAnswered = true
    },
  }))
  return {
    url: `redis://127.0.0.1:${proxy.port}`,
    readTraffic: () => Object.entries(traffic),
    resetTraffic,
    /** @param {number} delayMs in each direction */
    setDelay: (delayMs) => proxy.set({ delayMs }),
    stop: proxy.stop,
  }
}
