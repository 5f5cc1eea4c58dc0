// @ts-check
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const stopTimeoutMs = 10_000
const outputTimeoutMs = 500
const maxOutputLength = 20_000

/** @type {Set<ServerProcess>} */
const running = new Set()
/** @type {Set<string>} */
const folders = new Set()

// One listener for all of them: one for each would exceed Node's limit of 10 listeners.
process.on('exit', () => {
  for (const each of running) each.signal('SIGKILL')
  for (const folder of folders) removeFolder(folder)
})

/**
 * A program that {@link startProcess} started.
 *
 * @typedef {object} ServerProcess
 * @property {number | undefined} pid
 * @property {boolean} isRunning
 * @property {Promise<number | NodeJS.Signals | NodeJS.ErrnoException>} ended resolves to the exit code, the signal that
 *   ended it, or the error if it could not be started
 * @property {() => string} output the last part of its standard output and error
 * @property {(name: NodeJS.Signals) => void} signal sends a signal, if it still runs
 * @property {(name?: NodeJS.Signals, timeoutMs?: number) => Promise<void>} stop sends SIGTERM, or the given signal, and
 *   SIGKILL if it still runs after 10 seconds
 */

/**
 * Starts a program that is killed, at the latest, when this process exits.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions & { onLine?: (line: string) => void }} [options] those of `spawn`;
 *   `onLine` receives each line of its output
 * @returns {ServerProcess}
 */
export function startProcess(command, args, { onLine, ...options } = {}) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => (output = (output + text).slice(-maxOutputLength)))
    if (stream && onLine) createInterface({ input: stream }).on('line', onLine)
  }
  const ended = new Promise((resolve) => {
    child.once('error', resolve)
    child.once('exit', (code, signal) => {
      const end = () => resolve(signal ?? code)
      child.once('close', end) // all its output was read
      setTimeout(end, outputTimeoutMs) // a child of its own may still hold the output open
    })
  })

  /** @type {ServerProcess} */
  const started = {
    pid: child.pid,
    get isRunning() {
      return child.pid !== undefined && child.exitCode === null && child.signalCode === null
    },
    ended,
    output: () => output,
    signal(name) {
      if (started.isRunning) child.kill(name)
    },
    async stop(name = 'SIGTERM', timeoutMs = stopTimeoutMs) {
      started.signal(name)
      const timer = setTimeout(() => started.signal('SIGKILL'), timeoutMs)
      await ended
      clearTimeout(timer)
    },
  }
  running.add(started)
  void ended.then(() => running.delete(started))
  return started
}

/** Kills every program that {@link startProcess} started. */
export async function killProcesses() {
  await Promise.all([...running].map((each) => each.stop('SIGKILL')))
}

/**
 * Creates a temporary folder, which is removed, at the latest, when this process exits.
 *
 * @param {string} name
 */
export function createFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `sojourn-${name}-`))
  folders.add(folder)
  return folder
}

/** @param {string} folder */
export function removeFolder(folder) {
  folders.delete(folder)
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}
