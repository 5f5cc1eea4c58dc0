import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { commandsIn } from './commands.mjs'

/**
 * @typedef {object} Traffic
 * @property {Map<string, number>} commands how many of each were sent
 * @property {number} roundTrips how often something was sent after an answer: of one request at a time, how often it waited
 * @property {number} sent bytes to Redis
 * @property {number} received bytes from Redis
 */

/**
 * A proxy to a Redis, on 127.0.0.1. It counts what goes through, and may be slow.
 *
 * @param {number} redisPort
 */
export async function startProxy(redisPort) {
  const sockets = new Set()
  /** @type {Traffic} */
  let traffic
  let delay = 0
  let isAnswered = true
  const begin = () => (traffic = { commands: new Map(), roundTrips: 0, sent: 0, received: 0 })
  begin()

  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: redisPort, host: '127.0.0.1', noDelay: true })
    const commands = commandsIn()
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        near.destroy()
        far.destroy()
        sockets.delete(socket)
      })
    }
    near.on('data', (chunk) => {
      traffic.sent += chunk.length
      if (isAnswered) traffic.roundTrips++
      isAnswered = false
      for (const name of commands(chunk)) traffic.commands.set(name, (traffic.commands.get(name) ?? 0) + 1)
      far.write(chunk)
    })
    far.on('data', (chunk) => {
      traffic.received += chunk.length
      isAnswered = true
      // Timers of one length run in the order in which they were set.
      if (delay === 0) near.write(chunk)
      else setTimeout(() => near.writable && near.write(chunk), delay)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `redis://127.0.0.1:${server.address().port}`,
    /** Counts from now on; what it counts into. */
    begin,
    /** How much later each answer comes, in milliseconds. */
    slow(milliseconds) {
      delay = milliseconds
    },
    stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
