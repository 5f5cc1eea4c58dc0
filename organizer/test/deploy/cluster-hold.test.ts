import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const hold = JSON.stringify(new URL('../../../scripts/cluster/hold.mjs', import.meta.url).href)
/** Locks a folder, and waits until standard input ends. */
const program = `
  const { hold } = await import(${hold})
  try {
    const held = hold(process.argv[1])
    console.log('held')
    process.stdin.resume().once('end', () => held.stop())
  } catch (error) {
    console.log(error.message)
  }`

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'organizer-hold-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const file = () => join(folder, 'cluster.pid')
const args = (text = program) => ['--input-type=module', '-e', text, folder]
const take = (text?: string) => spawnSync(process.execPath, args(text), { input: '', encoding: 'utf8' }).stdout

function left(): string {
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  return `${pid}\n`
}

describe('a data folder', () => {
  it.each([
    ['is empty', () => ''],
    ['names no process', () => '0\n'],
    ['has another format', () => '-1 x\n'],
    ['names a process that has exited', left],
  ])('is locked if the old lock file %s, and is free again afterwards', (_, text) => {
    writeFileSync(file(), text())
    utimesSync(file(), 1_000_000_000, 1_000_000_000)
    expect(take()).toBe('held\n')
    expect(readdirSync(folder)).toEqual([])
  })

  it('is locked by a process that has the pid in the old lock file', () => {
    const before = `(await import('node:fs')).writeFileSync(process.argv[1] + '/cluster.pid', String(process.pid))\n`
    expect(take(before + program)).toBe('held\n')
  })

  it('is not locked while the process in the lock file runs', () => {
    writeFileSync(file(), `${process.pid}\n`)
    expect(take()).toMatch(new RegExp(`^Another cluster runs on ${folder}, as process ${process.pid}\\. Stop it, or `))
    expect(readFileSync(file(), 'utf8')).toBe(`${process.pid}\n`)
  })

  it('is not locked while another process has created the lock file, but not written it', () => {
    writeFileSync(file(), '')
    expect(take()).toMatch(/^Another cluster runs on .*, as process that has just started\./)
  })

  it('is locked after a process was killed while it removed an old lock file', () => {
    writeFileSync(file(), left())
    writeFileSync(`${file()}.removing`, '')
    utimesSync(`${file()}.removing`, 1_000_000_000, 1_000_000_000)
    expect(take()).toBe('held\n')
    expect(readdirSync(folder)).toEqual([])
  })

  it('is locked by one of several processes that start at once', async () => {
    writeFileSync(file(), left())
    const children = Array.from({ length: 6 }, () => spawn(process.execPath, args()))
    const ended = Promise.all(children.map((child) => once(child, 'close')))
    const said = await Promise.all(
      children.map(
        (child) => new Promise<string>((resolve) => child.stdout.once('data', (text) => resolve(String(text)))),
      ),
    )
    expect(said.filter((text) => text === 'held\n')).toHaveLength(1)
    expect(said.filter((text) => text.startsWith('Another cluster runs'))).toHaveLength(5)
    for (const child of children) child.stdin.end()
    await ended
    expect(readdirSync(folder)).toEqual([])
  })
})
