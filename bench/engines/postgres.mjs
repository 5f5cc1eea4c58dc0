import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findEngine } from './find.mjs'
import { freePort, noted } from './running.mjs'

/**
 * Starts a Postgres on 127.0.0.1, which nobody else uses, with the settings that it comes with: a write is on the disk when
 * it is answered.
 *
 * @param {string} parent
 */
export async function startPostgres(parent) {
  const folder = mkdtempSync(join(parent, 'postgres-'))
  const user = process.getuid?.() === 0 ? unprivileged() : {}
  if (user.uid !== undefined) {
    // It does not run as root, and has to reach its own folder.
    chmodSync(parent, 0o711)
    chownSync(folder, user.uid, user.gid)
  }
  const options = { ...user, cwd: folder, env: { PATH: process.env.PATH, LC_ALL: 'C' } }
  const bin = findEngine('postgres').path
  const data = join(folder, 'data')
  const initdb = ['-D', data, '-U', 'bench', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync']
  await promisify(execFile)(join(bin, 'initdb'), initdb, options)
  const port = await freePort()
  const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: '' }
  const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const child = spawn(join(bin, 'postgres'), args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
  noted(child, 'SIGINT') // its processes end with it, and leave no shared memory
  await untilReady(child)
  return { url: `postgres://bench@127.0.0.1:${port}/postgres` }
}

async function untilReady(child) {
  let log = ''
  const ready = new Promise((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text) => {
      log = (log + text).slice(-10_000)
      if (log.includes('ready to accept connections')) resolve()
    })
  })
  const failed = once(child, 'exit').then(() => Promise.reject(new Error(`Postgres does not start: ${log}`)))
  failed.catch(() => {}) // it is told to whoever waits for it to start
  await Promise.race([ready, failed])
}

function unprivileged() {
  const users = readFileSync('/etc/passwd', 'utf8')
  const [, uid, gid] = /^(?:postgres|nobody):[^:]*:(\d+):(\d+)/m.exec(users)
  return { uid: Number(uid), gid: Number(gid) }
}
