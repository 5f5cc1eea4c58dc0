import { once } from 'node:events'
import { createServer } from 'node:net'

/** @type {Map<import('node:child_process').ChildProcess, () => Promise<void>>} */
const running = new Map()

/**
 * Notes a server that was started, so that it ends with the bench, and gives what ends it.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} signal
 * @param {() => void} [close] closes what is connected to it
 */
export function noted(child, signal, close = () => {}) {
  const ended = once(child, 'exit').then(() => running.delete(child))
  const stop = async () => {
    close()
    child.kill(signal)
    await ended
  }
  running.set(child, stop)
  return stop
}

// Also where the bench fails so that it can wait for nothing.
process.on('exit', () => {
  for (const child of running.keys()) child.kill('SIGKILL')
})

/** Ends the servers that were started, whatever they are doing. */
export async function stopEngines() {
  await Promise.all([...running.values()].map((stop) => stop()))
}

/** A port of 127.0.0.1 that nobody listens at. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
