import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

/**
 * Starts a program that we stop ourselves: Ctrl+C on the terminal reaches us alone. `onLine` is given what it writes, `input`
 * is what it reads.
 */
export function startChild(command, args, { env, input, onLine }) {
  const child = spawn(command, args, {
    env,
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  if (input !== undefined) child.stdin.on('error', () => {}).end(input)
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine)
  const ended = new Promise((resolve) => {
    child.once('error', resolve)
    child.once('exit', (code, signal) => resolve(signal ?? code))
  })
  // Also where this process breaks off; not where it is killed.
  const kill = () => child.kill('SIGKILL')
  process.on('exit', kill)
  void ended.then(() => process.off('exit', kill))
  return {
    pid: child.pid,
    /** Resolves, once it is over, to its exit code or the signal that ended it, or to the error for which it did not start. */
    ended,
    get isOver() {
      return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
    },
    async stop(patience = 10_000) {
      child.kill('SIGTERM')
      const timer = setTimeout(kill, patience)
      await ended
      clearTimeout(timer)
    },
  }
}

/** A port of 127.0.0.1 that is free now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise((done) => server.close(done))
  return port
}
