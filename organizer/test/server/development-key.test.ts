import { once } from 'node:events'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { developmentKey, keyFile } from '../../src/server/development-key.ts'

let folder: string
let said: string[]
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'organizer-'))
  said = []
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

const say = (sentence: string) => void said.push(sentence)

describe('the key of development', () => {
  it('is made once, and kept where nobody else reads it', () => {
    const data = join(folder, 'data')
    const key = developmentKey(data, say)
    expect(Buffer.from(key, 'base64url')).toHaveLength(32)
    expect(developmentKey(data, say)).toBe(key)
    expect(fs.statSync(keyFile(data)).mode & 0o777).toBe(0o600)
    expect(fs.readdirSync(data)).toEqual(['development.key'])
    expect(said).toEqual([])
  })

  it('is taken as it stands in a file that has one', () => {
    for (const text of ['a key of mine, of 32 bytes or more', 'a key of mine, of 32 bytes or more\r\n']) {
      fs.writeFileSync(keyFile(folder), text)
      expect(developmentKey(folder, say)).toBe('a key of mine, of 32 bytes or more')
    }
    expect(said).toEqual([])
  })

  it.each([
    ['empty', ''],
    ['blank', '\n\n'],
    ['cut short', 'PZ0Vd9k1qFJ0y2mJ'],
    ['cut short, with its line ended', 'PZ0Vd9k1qFJ0y2mJ\n'],
    ['full of zeros', '\0'.repeat(44)],
    ['no text', Buffer.alloc(44, 0xff)],
  ])('is a new one where the file is %s, and that is said once, in one line', (_, content) => {
    fs.writeFileSync(keyFile(folder), content)
    const key = developmentKey(folder, say)
    expect(Buffer.from(key, 'base64url')).toHaveLength(32)
    expect(developmentKey(folder, say)).toBe(key)
    expect(said).toEqual([
      `The key in ${keyFile(folder)} was damaged, so there is a new one: whoever was signed in has to sign in again.`,
    ])
  })

  it('is made where hard links are refused', () => {
    const { linkSync } = fs
    fs.linkSync = () => {
      throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' })
    }
    syncBuiltinESMExports()
    try {
      const key = developmentKey(folder, say)
      expect(developmentKey(folder, say)).toBe(key)
    } finally {
      fs.linkSync = linkSync
      syncBuiltinESMExports()
    }
  })

  it.each([['no file'], ['a damaged file']])('is the same for all that start at once, with %s', async (state) => {
    const url = new URL('../../dist/server/development-key.js', import.meta.url).href
    const start = new SharedArrayBuffer(4)
    const workers = Array.from({ length: 6 }, () => new Worker(program, { eval: true, workerData: { url, start } }))
    await Promise.all(workers.map((worker) => message(worker)))
    for (let round = 0; round < 20; round++) {
      const data = join(folder, String(round))
      if (state === 'a damaged file') {
        fs.mkdirSync(data)
        fs.writeFileSync(keyFile(data), 'short')
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
  })
})

// Each waits until all are there, and then they go at once.
const program = `
  const { parentPort, workerData: { url, start } } = require('node:worker_threads')
  const waiting = new Int32Array(start)
  import(url).then(({ developmentKey }) => {
    parentPort.on('message', (data) => {
      Atomics.add(waiting, 0, 1)
      while (Atomics.load(waiting, 0) < 6);
      parentPort.postMessage(developmentKey(data, () => {}))
    })
    parentPort.postMessage('ready')
  })`

async function message(worker: Worker): Promise<unknown> {
  const [answer] = await once(worker, 'message')
  return answer
}
