import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'redis'
import { findEngine } from './find.mjs'
import { freePort, noted } from './running.mjs'

/**
 * Starts a Redis on 127.0.0.1, which nobody else uses. It saves at most once a day, so that no save is measured.
 *
 * @param {string} folder
 */
export async function startRedis(folder) {
  const port = await freePort()
  const dir = mkdtempSync(join(folder, 'redis-'))
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir, '--save', '86400 1', '--appendonly', 'no']
  const child = spawn(findEngine('redis').path, args, { stdio: 'ignore' })
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`redis-server ended with code ${code}`)
  })
  failed.catch(() => {}) // it is told to whoever waits for it to start
  const url = `redis://127.0.0.1:${port}`
  const client = createClient({ url, socket: { reconnectStrategy: () => 20 } })
  client.on('error', () => {}) // it is not there at first
  const stop = noted(child, 'SIGKILL', () => client.isOpen && client.destroy())
  await Promise.race([client.connect(), failed, pause(10_000).then(() => Promise.reject(new Error('No Redis')))])

  const numbers = async (section, ...names) => {
    const text = await client.info(section)
    return names.map((name) => Number(new RegExp(`^${name}:(.*)$`, 'm').exec(text)[1]))
  }
  return {
    url,
    port,
    client,
    /** Bytes that it has in use. */
    memory: async () => (await numbers('memory', 'used_memory'))[0],
    /** Microseconds of CPU that it has taken. */
    async microseconds() {
      const [system, user] = await numbers('cpu', 'used_cpu_sys', 'used_cpu_user')
      return 1e6 * (system + user)
    },
    /** Bytes that it was sent, and that it sent, this question's among them. */
    async traffic() {
      const [sent, received] = await numbers('stats', 'total_net_input_bytes', 'total_net_output_bytes')
      return { sent, received }
    },
    stop,
  }
}
