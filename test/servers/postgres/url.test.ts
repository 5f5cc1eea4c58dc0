import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { postgresStore } from '../../../src/stores/postgres/store.ts'
import { addRecord, sampleEnding, assertRecord } from '../../../src/testing/store-suite/kit.ts'
import { repository } from '../../support/repository.ts'
import { describePostgres, startPostgres, type PostgresServer } from '../../support/servers/postgres.ts'
import { freePort } from '../../support/servers/server.ts'

describePostgres('postgresStore on a URL', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-postgres-url-'))
  let server: PostgresServer
  beforeAll(async () => {
    // A copy, because a module finds the drivers that are beside it alone.
    cpSync(join(repository, 'dist'), join(folder, 'dist'), { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    mkdirSync(join(folder, 'node_modules'))
    server = await startPostgres()
  })
  afterAll(async () => {
    await server.stop()
    rmSync(folder, { recursive: true })
  })

  let child: ChildProcess | null = null
  afterEach(() => {
    child?.kill('SIGKILL')
    rmSync(join(folder, 'node_modules'), { recursive: true })
    mkdirSync(join(folder, 'node_modules'))
  })

  /** A process of its own, with a driver or none. It answers each command. */
  function start(driver: string | null) {
    if (driver !== null) symlinkSync(join(repository, 'node_modules', driver), join(folder, 'node_modules', driver))
    const script = fileURLToPath(new URL('url-process.mjs', import.meta.url))
    const started = spawn(process.execPath, [script, join(folder, 'dist/stores/postgres/store.js'), server.url])
    child = started
    let errors = ''
    started.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
    const lines = createInterface({ input: started.stdout })[Symbol.asyncIterator]()
    return {
      async send(word: string): Promise<string> {
        started.stdin.write(`${word}\n`)
        return (await lines.next()).value ?? `gone: ${errors}`
      },
      async leave(): Promise<number | null> {
        started.stdin.end('leave\n')
        const [code] = (await once(started, 'exit')) as [number | null]
        return code
      },
    }
  }

  it.each(['pg', 'postgres'])('works with %s alone, outlives an outage, and keeps no process going', async (driver) => {
    const process = start(driver)
    expect(await process.send('create')).toContain(driver === 'pg' ? 'created' : 'taken')
    await server.kill()
    await pause(100)
    expect(await process.send('read')).toBe('ECONNREFUSED')
    await server.restart()
    expect(await process.send('read')).toBe('one')
    expect(await process.send('close')).toBe('undefined')
    expect(await process.send('read')).toBe('ERR_STORE_CLIENT')
    expect(await process.leave()).toBe(0)
  })

  it('with pg does not keep a process going that forgot to close', async () => {
    const process = start('pg')
    await process.send('create')
    const asked = performance.now()
    expect(await process.leave()).toBe(0)
    expect(performance.now() - asked).toBeLessThan(5000)
  })

  it('says what to install where there is no driver', async () => {
    expect(await start(null).send('read')).toBe('ERR_STORE_CLIENT')
  })

  it('connects when it is used, and is closed without that too', async () => {
    const store = postgresStore(`postgres://ada:x@127.0.0.1:${await freePort()}/sessions`)
    await store.close()
    await store.close()
    await expect(store.read({ id: 'an-id', userId: null })).rejects.toThrow('closed')
  })

  it('works in this process, and closes what it opened', async () => {
    const store = postgresStore(server.url.replace('postgres:', 'postgresql:'), { table: 'here' })
    await store.createTable()
    await assertRecord(store, await addRecord(store))
    await store.close()
    await expect(store.read({ id: 'an-id', userId: null })).rejects.toMatchObject({ code: 'ERR_STORE_CLIENT' })
  })

  describe('never shows the password', () => {
    const secret = 'hunter2'
    const key = { id: 'x', userId: null }
    const failure = async (url: string) => {
      const errors: unknown[] = []
      try {
        const store = postgresStore(url)
        const calls = [
          store.read(key),
          store.end(key, sampleEnding),
          store.createTable(),
          store.end(key, sampleEnding, 1),
        ]
        for (const call of await Promise.allSettled(calls)) errors.push(Object(call).reason)
        await store.close()
      } catch (error) {
        errors.push(error)
      }
      return errors
    }

    it.each([
      ['a server that is not there', (url: URL) => void (url.port = '1')],
      ['a password that is wrong', () => {}],
      ['a user who is not there', (url: URL) => void (url.username = 'nobody')],
      ['a password with a wrong escape', (url: URL) => void (url.password = `%zz${secret}`)],
      ['an option that is none', (url: URL) => void (url.search = '?sslmode=none-such')],
    ])('for %s', async (_name, change) => {
      const url = new URL(server.url)
      url.password = secret
      change(url)
      const errors = await failure(url.href)
      expect(errors.every((error) => error instanceof Error)).toBe(true)
      expect(inspect(errors, { depth: null, showHidden: true })).not.toContain(secret)
    })

    it.each(['postgres://ada:hunter2@[db/sessions', 'mysql://ada:hunter2@db/sessions', 'hunter2', ''])(
      'for what is no URL of a Postgres: %s',
      async (url) => {
        const errors = await failure(url)
        expect(errors).toMatchObject([{ code: 'ERR_STORE_CLIENT' }])
        expect(inspect(errors, { depth: null, showHidden: true })).not.toContain(secret)
      },
    )
  })
})
