import { once } from 'node:events'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadDevelopmentKey, developmentKeyFile } from '../../src/server/development-key.ts'

let folder: string
let reports: string[]
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'organizer-'))
  reports = []
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

const report = (message: string) => void reports.push(message)

describe('the development key', () => {
  it('is created once, in a file that only its user can read', () => {
    const data = join(folder, 'data')
    const key = loadDevelopmentKey(data, report)
    expect(Buffer.from(key, 'base64url')).toHaveLength(32)
    expect(loadDevelopmentKey(data, report)).toBe(key)
    expect(fs.statSync(developmentKeyFile(data)).mode & 0o777).toBe(0o600)
    expect(fs.readdirSync(data)).toEqual(['development.key'])
    expect(reports).toEqual([])
  })

  it('is read from the file if there is one', () => {
    for (const text of ['a key of mine, of 32 bytes or more', 'a key of mine, of 32 bytes or more\r\n']) {
      fs.writeFileSync(developmentKeyFile(folder), text)
      expect(loadDevelopmentKey(folder, report)).toBe('a key of mine, of 32 bytes or more')
    }
    expect(reports).toEqual([])
  })

  it.each([
    ['empty', ''],
    ['blank', '\n\n'],
    ['cut short', 'PZ0Vd9k1qFJ0y2mJ'],
    ['cut short, with its line ended', 'PZ0Vd9k1qFJ0y2mJ\n'],
    ['full of zeros', '\0'.repeat(44)],
    ['no text', Buffer.alloc(44, 0xff)],
  ])('is replaced if the file is %s, and that is reported once', (_, content) => {
    fs.writeFileSync(developmentKeyFile(folder), content)
    const key = loadDevelopmentKey(folder, report)
    expect(Buffer.from(key, 'base64url')).toHaveLength(32)
    expect(loadDevelopmentKey(folder, report)).toBe(key)
    expect(reports).toEqual([
      `The key in ${developmentKeyFile(folder)} was damaged and has been replaced. All users must sign in again.`,
    ])
  })

  it('is created on a file system without hard links', () => {
    const { linkSync } = fs
    fs.linkSync = () => {
      throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' })
    }
    syncBuiltinESMExports()
    try {
      const key = loadDevelopmentKey(folder, report)
      expect(loadDevelopmentKey(folder, report)).toBe(key)
    } finally {
      fs.linkSync = linkSync
      syncBuiltinESMExports()
    }
  })

  it.each([['no file'], ['a damaged file']])(
    'is the same for all processes that start at once, with %s',
    async (state) => {
      const url = new URL('../../dist/server/development-key.js', import.meta.url).href
      const start = new SharedArrayBuffer(4)
      const workers = Array.from({ length: 6 }, () => new Worker(program, { eval: true, workerData: { url, start } }))
      await Promise.all(workers.map((worker) => message(worker)))
      for (let round = 0; round < 20; round++) {
        const data = join(folder, String(round))
        if (state === 'a damaged file') {
          fs.mkdirSync(data)
          fs.writeFileSync(developmentKeyFile(data), 'short')
        }
        Atomics.store(new Int32Array(start), 0, 0)
        const keys = workers.map((worker) => {
          const answer = message(worker)
          worker.postMessage(data, [])
          return answer
        })
        expect(new Set(await Promise.all(keys)).size).toBe(1)
      }
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  )
})

// Each worker waits until all are ready, so that they start at the same time.
const program = `
  const { parentPort, workerData: { url, start } } = require('node:worker_threads')
  const waiting = new Int32Array(start)
  import(url).then(({ loadDevelopmentKey }) => {
    parentPort.on('message', (data) => {
      Atomics.add(waiting, 0, 1)
      while (Atomics.load(waiting, 0) < 6);
      parentPort.postMessage(loadDevelopmentKey(data, () => {}))
    })
    parentPort.postMessage('ready')
  })`

async function message(worker: Worker): Promise<unknown> {
  const [answer] = await once(worker, 'message')
  return answer
}
