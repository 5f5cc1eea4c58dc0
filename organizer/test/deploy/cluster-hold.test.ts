import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const module = JSON.stringify(new URL('../../../scripts/cluster/lock.mjs', import.meta.url).href)
/** Locks a folder, and then waits until its standard input ends. */
const program = `
  const { lockFolder } = await import(${module})
  try {
    globalThis.lock = lockFolder(process.argv[1])
    console.log('locked')
    process.stdin.resume()
  } catch (error) {
    console.log(error.message)
  }`

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'organizer-lock-'))))
afterEach(() => rmSync(folder, { recursive: true }))

async function lock() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder])
  const ended = once(child, 'close')
  const [text] = (await once(child.stdout, 'data')) as [Buffer]
  return {
    printed: String(text),
    async end(signal?: 'SIGKILL') {
      if (signal) child.kill(signal)
      else child.stdin.end()
      await ended
    },
  }
}

describe('the lock of a data folder', () => {
  it.each([undefined, 'SIGKILL'] as const)('is held until its process ends (%s)', async (signal) => {
    const first = await lock()
    expect(first.printed).toBe('locked\n')
    const refused = await lock()
    expect(refused.printed).toBe(`Another cluster uses ${folder}. Stop it, or set DATA_DIR to another folder.\n`)
    await first.end(signal)
    const second = await lock()
    expect(second.printed).toBe('locked\n')
    await second.end()
  })

  it('is given to one of several processes that start at once', async () => {
    const all = await Promise.all([1, 2, 3, 4, 5, 6].map(lock))
    expect(all.filter(({ printed }) => printed === 'locked\n')).toHaveLength(1)
    expect(all.filter(({ printed }) => printed.startsWith('Another cluster'))).toHaveLength(5)
    for (const each of all) await each.end()
  })
})
