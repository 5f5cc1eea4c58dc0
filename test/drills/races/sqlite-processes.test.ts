import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Database from 'libsql'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { isEnding } from '../../../src/stores/store.ts'
import { sqliteStore } from '../../../src/stores/sqlite/store.ts'
import { addRecord, readRecord } from '../../../src/testing/store-suite/kit.ts'
import { repository } from '../../support/repository.ts'
import { random } from '../../support/random.ts'

const folder = mkdtempSync(join(tmpdir(), 'sojourn-processes-'))
const counters = 3

const running = new Set<Worker>()

interface Worker {
  process: ChildProcess
  /** Its reports, a list of words a line. */
  reports(): string[][]
  errors(): string
  /** Kills it, and resolves when all its reports have arrived. */
  kill(): Promise<void>
}

afterEach(() => Promise.all([...running].map((worker) => worker.kill())))
afterAll(() => rmSync(folder, { recursive: true }))

function start(file: string, name: string, at = 0, program = 'sqlite-process.mjs'): Worker {
  const script = fileURLToPath(new URL(program, import.meta.url))
  // Processes of Node 20 read no TypeScript, so they get what is built.
  const args = [script, join(repository, 'dist/stores/sqlite/store.js'), file, name, `${counters}`, `${at}`]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
  })
  let [out, errors] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const worker: Worker = {
    process: child,
    // A last line without its end is not a report.
    reports: () =>
      out
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split(' ')),
    errors: () => errors,
    async kill() {
      running.delete(worker)
      child.kill('SIGKILL')
      await closed
    },
  }
  running.add(worker)
  return worker
}

async function newDatabase(name: string) {
  const file = join(folder, name)
  const db = new Database(file)
  const store = sqliteStore(db)
  for (let counter = 0; counter < counters; counter++) {
    await addRecord(store, { id: `counter-${counter}`, secretHash: 'hash', userId: null, data: { count: '0' } })
  }
  await addRecord(store, { id: 'keys', secretHash: 'hash', userId: null, data: {} })
  return { file, db, store }
}

const until = async (ready: () => boolean) => {
  while (!ready()) await pause(2)
}

describe('four processes on one file, of which one is killed again and again in the middle of a write', () => {
  it('lose nothing, and revive nothing', { timeout: 120_000 }, async () => {
    const { file, db, store } = await newDatabase('killed.db')
    const steady = ['a', 'b', 'c'].map((name) => start(file, name))
    const killed: Worker[] = []
    for (let kill = 0; kill < 15; kill++) {
      const victim = start(file, `victim${kill}`)
      killed.push(victim)
      await until(() => victim.reports().length > 0 || victim.process.exitCode !== null)
      await pause(random() * 60)
      await victim.kill()
    }
    await Promise.all(steady.map((worker) => worker.kill()))

    const workers = [...steady, ...killed]
    expect(workers.map((worker) => worker.errors()).join('')).toBe('')
    const reported = workers.flatMap((worker) => worker.reports())
    const named = (what: string) => reported.flatMap(([event, id]) => (event === what ? [id!] : []))
    expect(named('revived')).toEqual([])
    expect(named('lost')).toEqual([])

    // Calls that a process had finished when it was killed, but could not report any more.
    let unreported = 0
    for (let counter = 0; counter < counters; counter++) {
      const { data, version } = await readRecord(store, { id: `counter-${counter}`, userId: null })
      const counted = named('counted').filter((id) => id === `counter-${counter}`).length
      expect(version).toBe(Number(data['count']))
      expect(version).toBeGreaterThanOrEqual(counted)
      unreported += version - counted
    }
    expect(unreported).toBeLessThanOrEqual(workers.length)

    const { data } = await readRecord(store, { id: 'keys', userId: null })
    for (const worker of workers) {
      const [, name, turn] = worker.reports().findLast(([event]) => event === 'wrote') ?? []
      if (name !== undefined) expect(Number(data[name]) - Number(turn)).toSatisfy((ahead) => ahead === 0 || ahead === 1)
    }

    const ended = named('ended')
    expect(new Set(ended).size).toBe(ended.length)
    for (const id of ended) expect(await store.read({ id, userId: 'ada' })).toMatchObject({ ended: 'revoked' })
    const alive = new Set((await store.list('ada')).map(({ id }) => id))
    for (const id of named('created')) {
      const found = await store.read({ id, userId: 'ada' })
      expect(found).not.toBeNull()
      expect(alive.has(id)).toBe(!isEnding(found!))
    }
    expect(named('created').length).toBeGreaterThan(100)
    expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  })
})

describe('processes that start in one instant', () => {
  it('all make the table, and one of them makes it', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 3; round++) {
      const file = join(folder, `fresh-${round}.db`)
      const at = Date.now() + 1200
      const workers = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => start(file, name, at))
      // Without the counters each of them stops with an error at its first read: the table was there.
      await Promise.all(workers.map(({ process }) => new Promise((resolve) => process.once('close', resolve))))
      for (const worker of workers) expect(worker.errors()).toContain("Cannot read properties of null (reading 'data')")
    }
  })
})

describe('two processes, in a thousand rounds', () => {
  it('agree on sign-ins, endAll and limits of one user', { timeout: 240_000 }, async () => {
    const { file, store } = await newDatabase('users.db')
    const workers = ['a', 'b'].map((name) => start(file, name, 0, 'sqlite-users-process.mjs'))
    await Promise.all(workers.map(({ process }) => new Promise((resolve) => process.once('close', resolve))))
    expect(workers.map((worker) => worker.errors()).join('')).toBe('')

    const reports = workers.flatMap((worker) => worker.reports())
    const done = reports.filter(([event]) => event === 'done')
    expect(done).toHaveLength(1000)
    for (const [, round, id] of done) {
      expect((await store.list(`mutual-${round}`)).map((info) => info.id)).toEqual([id])
      expect(await store.list(`sign-in-${round}`)).toEqual([])
    }
    expect(new Set(done.map(([, round]) => round)).size).toBe(1000)
    // Both orders must have happened.
    expect(new Set(reports.flatMap(([event, result]) => (event === 'sign-in' ? [result] : [])))).toEqual(
      new Set(['created', 'cut-off']),
    )
    expect(await store.list('limited')).toHaveLength(7)
    expect(reports.filter(([event]) => event === 'limit')).toHaveLength(193)
  })
})
