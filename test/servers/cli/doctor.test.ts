import { chmodSync, copyFileSync, existsSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSessions } from '../../../src/index.ts'
import { openSqlite } from '../../../src/stores/sqlite/open.ts'
import { sqliteStore } from '../../../src/stores/sqlite/store.ts'
import { postgresStore } from '../../../src/stores/postgres/store.ts'
import { describePostgres, startPostgres, type PostgresServer } from '../../support/servers/postgres.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { freePort } from '../../support/servers/server.ts'
import { folder, sojourn, sojournProcess, type Around } from '../../support/cli.ts'
import { secret } from '../../support/sessions.ts'

const key = secret('doctor')
const production = { NODE_ENV: 'production', SECRET_KEY: key }

/** What `doctor --json` finds: the codes, and the exit code. */
async function examine(args: readonly string[] = [], around: Around = {}) {
  // Only a new process reads NODE_OPTIONS.
  const start = around.env?.['NODE_OPTIONS'] === undefined ? sojourn : sojournProcess
  const { code, stdout, stderr } = await start(['doctor', '--json', ...args], { env: production, ...around })
  expect(stderr).toBe('')
  const report = JSON.parse(stdout) as { ok: boolean; findings: { code: string; sentence: string; fix: string }[] }
  expect(report.ok).toBe(code === 0)
  return { code, codes: report.findings.map((each) => each.code), ...report, stdout }
}

describe('a broken environment', () => {
  it.each([
    ['key-missing', { SECRET_KEY: '' }],
    ['key-variables', { SECRET_KEY: '', SECRET_KEY_FALLBACKS: key }],
    ['key-short', { SECRET_KEY: 'of-24-bytes-and-no-more!' }],
    ['key-guessable', { SECRET_KEY: 'change-me-in-production-please-123456' }],
    ['key-guessable', { SECRET_KEY: 'abcd'.repeat(12) }],
    ['key-quoted', { SECRET_KEY: `"${key}"` }],
    ['key-twice', { SECRET_KEY_FALLBACKS: key }],
    ['not-production', { NODE_ENV: '' }],
    ['not-production', { NODE_ENV: 'staging', SECRET_KEY: '' }],
    ['cookie-not-secure', { SESSION_COOKIE_SECURE: 'false' }],
    ['cookie-domain', { SESSION_COOKIE_DOMAIN: 'vercel.app' }],
    ['cookie-refused', { SESSION_COOKIE_NAME: '__Host-id', SESSION_COOKIE_DOMAIN: 'shop.example' }],
    ['cookie-refused', { SESSION_COOKIE_SECURE: 'false', SESSION_COOKIE_SAMESITE: 'None' }],
    ['variable', { PERMANENT_SESSION_LIFETIME: '7 days' }],
    ['store-variable', { SESSION_TYPE: 'mongodb' }],
    ['store-variable', { SESSION_TYPE: 'postgres' }],
    ['store-variable', { SESSION_TYPE: 'redis', REDIS_URL: 'localhost' }],
  ])('is recognised: %s, with %j', async (code, env) => {
    const found = await examine([], { env: { ...production, ...env } })

    expect(found.code).toBe(1)
    expect(found.codes).toContain(code)
    expect(found.stdout).not.toContain(key)
  })

  it.each([{}, { NODE_ENV: 'development' }])('is not one of a developer, without settings: %j', async (env) => {
    const found = await examine([], { env })

    expect(found).toMatchObject({ code: 0, codes: [] })
    expect(found.stdout).toContain('development, because NODE_ENV is ')
  })

  it('is recognised: an .env that others can read, whose keys are old', async () => {
    const cwd = folder()
    const file = join(cwd, '.env')
    writeFileSync(file, `NODE_ENV=production\nSECRET_KEY=${key}\nSECRET_KEY_FALLBACKS=${secret('former')}\n`)
    chmodSync(file, 0o644)
    utimesSync(file, 1e9, 1e9)

    expect(await examine([], { cwd, env: {} })).toMatchObject({
      code: 1,
      codes: ['env-file-open', 'key-old', 'key-fallback-old'],
    })
  })
})

describe('an SQLite file in the wrong place', () => {
  const sqlite = (DATA_DIR: string) => ({ env: { ...production, SESSION_TYPE: 'sqlite', DATA_DIR } })

  it('is recognised: in a folder for temporary files', async () => {
    expect((await examine([], sqlite(folder()))).codes).toContain('sqlite-temporary')
  })

  it.skipIf(!existsSync('/dev/shm'))('is recognised: in memory', async () => {
    expect(await examine([], sqlite('/dev/shm/sojourn-doctor'))).toMatchObject({ code: 1, codes: ['sqlite-in-memory'] })
    expect(existsSync('/dev/shm/sojourn-doctor')).toBe(false)
  })

  it('is recognised: a file that the command line names and that does not exist', async () => {
    const file = join(folder(), 'typo.db')

    expect(await examine([`sqlite:${file}`])).toMatchObject({ code: 1, codes: ['sqlite-missing'] })
    expect(existsSync(file)).toBe(false)
    // The application creates its own.
    const cwd = folder()
    const ofApplication = await examine([], { cwd, ...sqlite(join(cwd, 'missing')) })
    expect(ofApplication.codes).not.toContain('sqlite-missing')
    expect(ofApplication.stdout).toContain('sessions.db (does not exist yet)')
  })

  it('is recognised: where nothing can be written', async () => {
    const file = join(folder(), 'file')
    writeFileSync(file, '')

    expect((await examine([], sqlite(file))).codes).toEqual(['sqlite-not-writable'])
  })

  it('is recognised: a copy without its journal, and a file that is no database', async () => {
    const [one, other] = [folder(), folder()]
    const db = await openSqlite(join(one, 'original.db'))
    sqliteStore(db)
    copyFileSync(join(one, 'original.db'), join(one, 'sessions.db'))
    db.close()
    copyFileSync(process.execPath, join(other, 'sessions.db'))

    expect((await examine([], sqlite(one))).codes).toContain('sqlite-without-journal')
    expect((await examine([], sqlite(other))).codes).toContain('sqlite-unreadable')
  })
})

/** Makes the clock of a process an hour fast. */
function fastClock(): string {
  const file = join(folder(), 'fast.mjs')
  writeFileSync(file, 'const now = Date.now; Date.now = () => now() + 3_600_000\n')
  return `--import=${file}`
}

describeRedis('Redis', () => {
  const servers: RedisServer[] = []
  afterAll(async () => void (await Promise.all(servers.map((each) => each.stop()))))

  async function redisWith(...args: string[]): Promise<{ env: Record<string, string>; server: RedisServer }> {
    const server = await startRedis({ args, password: 'not-to-be-shown' })
    servers.push(server)
    const REDIS_URL = `redis://:not-to-be-shown@127.0.0.1:${server.port}`
    return { server, env: { ...production, SESSION_TYPE: 'redis', REDIS_URL } }
  }

  it('that is good gives no finding', async () => {
    const { env, server } = await redisWith('--appendonly', 'yes')
    const { code, stdout, stderr } = await sojournProcess(['doctor'], { env })

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe(`✓ Nothing wrong was found.

  keys      SECRET_KEY (key id ${/key id (\w{8})/.exec(stdout)![1]}): compare the ids with your other servers
  sessions  redis://127.0.0.1:${server.port}
  clock     as that of redis://127.0.0.1:${server.port}
`)
  })

  it('that drops sessions and saves nothing is recognised, and its fix works', async () => {
    const { env, server } = await redisWith('--save', '', '--maxmemory', '64mb', '--maxmemory-policy', 'allkeys-lru')
    const found = await examine([], { env })
    expect(found).toMatchObject({ code: 1, codes: ['redis-evicts', 'redis-not-saved'] })
    expect(found.stdout).not.toContain('not-to-be-shown')

    for (const { fix } of found.findings)
      await server.ask(...(/(CONFIG SET [^"]+)"/.exec(fix)![1]!.split(' ') as [string]))
    expect(await examine([], { env })).toMatchObject({ code: 0, codes: [] })
  })

  it('whose clock differs is recognised', async () => {
    const { env } = await redisWith()
    const found = await examine([], { env: { ...env, NODE_OPTIONS: fastClock() } })

    expect(found.codes).toEqual(['clock'])
    expect(found.findings[0]!.sentence).toMatch(/^The clock of redis:\S+ is 1 hour behind the one of this machine\./)
  })

  it('that is a replica is recognised', async () => {
    const { server } = await redisWith()
    const { env, server: replica } = await redisWith('--replicaof', '127.0.0.1', `${server.port}`)
    expect(replica.port).not.toBe(server.port)

    expect((await examine([], { env })).codes).toEqual(['redis-replica'])
  })

  it('that does not answer, or refuses the password, is recognised', async () => {
    const REDIS_URL = `redis://127.0.0.1:${await freePort()}`
    const { server } = await redisWith()

    expect((await examine([], { env: { ...production, SESSION_TYPE: 'redis', REDIS_URL } })).codes).toEqual([
      'store-down',
    ])
    expect((await examine([`redis://:wrong@127.0.0.1:${server.port}`])).codes).toEqual(['store-down'])
  })
})

describePostgres('Postgres', () => {
  let postgres: PostgresServer
  beforeAll(async () => void (postgres = await startPostgres({ fsync: 'on' })), 60_000)
  afterAll(() => postgres.stop())

  const env = () => ({ ...production, SESSION_TYPE: 'postgres', DATABASE_URL: postgres.url })

  it('without the table is recognised, and nothing is created; with it there is no finding', async () => {
    expect((await examine([], { env: env() })).codes).toEqual(['postgres-table'])
    expect((await examine([], { env: env() })).codes).toEqual(['postgres-table'])
    const store = postgresStore(postgres.url)
    await store.createTable()
    await store.close()

    const { code, codes, stdout } = await examine([], { env: env() })
    expect({ code, codes }).toEqual({ code: 0, codes: [] })
    expect(stdout).not.toContain('not-to-be-shown')
    expect((await examine([], { env: { ...env(), NODE_OPTIONS: fastClock() } })).codes).toEqual(['clock'])
  })

  it('with half a table, a table of others, or without rights is recognised', async () => {
    const pool = new pg.Pool({ connectionString: postgres.url })
    for (const table of ['half', 'locked']) {
      const store = postgresStore(postgres.url, { table })
      await store.createTable()
      await store.close()
    }
    await pool.query('DROP FUNCTION half_read_2')
    await pool.query(`CREATE ROLE bob LOGIN PASSWORD 'not-to-be-shown'; GRANT SELECT ON locked TO bob`)
    await pool.end()
    const url = new URL(postgres.url)
    url.username = 'bob'

    expect((await examine([postgres.url, '--table', 'half'])).codes).toEqual(['postgres-table-part'])
    const locked = await examine([url.href, '--table', 'locked'])
    expect(locked.codes).toEqual(['postgres-rights'])
    expect(locked.findings[0]!.sentence).toContain('INSERT on locked, UPDATE on locked')
  })

  it('that does not wait for the disk is recognised', async () => {
    const careless = await startPostgres()
    try {
      expect((await examine([careless.url])).codes).toEqual(['postgres-fsync', 'postgres-table'])
    } finally {
      await careless.stop()
    }
  })
})

describe('pages', () => {
  /** Serves a page that sets a session cookie, sealed with one of the keys in turn. */
  async function serve(keys: string[], headers: Record<string, string> = {}) {
    let requests = 0
    const server = createServer(async (_request, response) => {
      const sessions = createSessions({ secrets: [keys[requests++ % keys.length]!], cookie: { secure: false } })
      const session = await sessions.open(null)
      session.data['visits'] = 1
      const committed = await sessions.commit(session)
      response.writeHead(200, {
        Vary: 'Cookie',
        'Cache-Control': 'no-store',
        ...headers,
        'Set-Cookie': committed.getSetCookie(),
      })
      response.end('hello')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/login`,
      close: () => void server.close(),
    }
  }

  it('that are good give no finding, and need no environment', async () => {
    const page = await serve([key])
    const { code, stdout, stderr } = await sojournProcess(['doctor', '--url', page.url])
    page.close()

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      /^✓ Nothing wrong was found\.\n\n {2}page {2}http:\S+\/login; sets guest \(key id \w{8}\); Vary: Cookie; Cache-Control: no-store\n$/,
    )
  })

  it('of servers with different keys are recognised, behind one address and behind two', async () => {
    const [balanced, one, other] = await Promise.all([
      serve([key, secret('another')]),
      serve([key]),
      serve([secret('another')]),
    ])
    const runs = await Promise.all([
      examine(['--url', balanced.url], { env: {} }),
      examine(['--url', one.url, '--url', other.url], { env: {} }),
      examine(['--url', other.url], { env: production }),
      examine(['--url', one.url], { env: production }),
    ])
    for (const each of [balanced, one, other]) each.close()

    expect(runs.map(({ codes }) => codes)).toEqual([['keys-differ'], ['keys-differ'], ['keys-differ'], []])
  })

  it('that a cache may keep, and ones that do not answer, are recognised', async () => {
    const page = await serve([key], { Vary: 'Accept', 'Cache-Control': 'public, max-age=60' })
    const cached = await examine(['--url', page.url], { env: {} })
    page.close()
    const down = await examine(['--url', `http://127.0.0.1:${await freePort()}/`], { env: {} })

    expect(cached.codes).toEqual(['cacheable', 'vary'])
    expect(down.codes).toEqual(['page-down'])
  })

  it('that speak http, and that no one can check, are recognised without the words of OpenSSL', async () => {
    const page = await serve([key])
    const found = await examine(['--url', page.url.replace('http:', 'https:')], { env: {} })
    page.close()

    expect(found.codes).toEqual(['page-down'])
    expect(found.findings[0]!.sentence).toMatch(/does not answer: it speaks http, not https\.$/)
  })
})

it.each([
  [['sqlite:a.db', 'sqlite:b.db'], 'doctor takes one store at most: npx sojourn doctor [STORE]'],
  [['ada:s3cret@h'], 'this is not a store address.'],
  [['--url', 'ftp://h'], "--url takes the address of a page, such as https://shop.example/login, not 'ftp://h'."],
  [['--urls', 'h'], "Unknown option '--urls'. See: npx sojourn doctor --help"],
])('wrong input is reported in one line: %j', async (args, message) => {
  const { code, stdout, stderr } = await sojourn(['doctor', ...args])

  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^sojourn: .*\n$/)
  expect(stderr).toContain(message)
})
