import { copyFileSync, existsSync, readFileSync, statSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cutoff, SessionStore } from '../../../src/stores/store.ts'
import { postgresStore } from '../../../src/stores/postgres/store.ts'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { sqliteStore } from '../../../src/stores/sqlite/store.ts'
import { openSqlite } from '../../../src/stores/sqlite/open.ts'
import { isMoveMarker, moveMarkerKey } from '../../../src/stores/reserved-ids.ts'
import { sampleEnding, newRecord } from '../../../src/testing/store-suite/kit.ts'
import { describePostgres, startPostgres, type PostgresServer } from '../../support/servers/postgres.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { freePort } from '../../support/servers/server.ts'
import { running } from '../../support/cli-process.ts'
import { folder, sojourn, sojournProcess } from '../../support/cli.ts'

const count = 300
const records = Array.from({ length: count }, () => newRecord())

const cutoff: Cutoff = { at: Date.now() - 1000, spared: records[1]!.id, expiresAt: sampleEnding.expiresAt }

/** A file with sessions, some of which ended, and a cutoff of a user. */
async function filledFile(): Promise<string> {
  const file = join(folder(), 'sessions.db')
  await inFile(file, async (store) => {
    for (const [at, record] of records.entries()) {
      await store.create(record)
      if (at % 100 === 0) await store.end(record, sampleEnding)
    }
    await store.putCutoff!('eve', cutoff)
  })
  return file
}

async function inFile<Value>(file: string, use: (store: SessionStore) => Promise<Value>): Promise<Value> {
  const db = await openSqlite(file)
  try {
    return await use(sqliteStore(db))
  } finally {
    db.close()
  }
}

/** A copy of a file, which has no journal beside it, and lacks an index, as one may that an older version made. */
async function copyOf(file: string): Promise<string> {
  const copy = join(folder(), 'copy.db')
  const db = await openSqlite(file)
  db.exec(`VACUUM INTO '${copy}'`)
  db.close()
  const altered = await openSqlite(copy)
  altered.exec('DROP INDEX sojourn_sessions_by_expiry')
  altered.close()
  return copy
}

async function inside(store: SessionStore): Promise<Map<string, unknown>> {
  const all = new Map<string, unknown>()
  for await (const entry of store.all!()) {
    if ('cutoff' in entry) all.set(`cutoff of ${entry.userId}`, { ...entry.cutoff })
    else if (!isMoveMarker(entry.key)) all.set(JSON.stringify(entry.key), { ...entry.found })
  }
  return new Map([...all].toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

describe('between files', () => {
  it('moves, and says what it moved; a second time there is nothing left to do', async () => {
    const file = await filledFile()
    const to = join(folder(), 'of/its/own/other.db')
    const first = await sojournProcess(['move', `sqlite:${file}`, `sqlite:${to}`])
    const second = await sojourn(['move', `sqlite:${file}`, `sqlite:${to}`, '--json'])

    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first.stdout.replace(/\d+\.\d s/, '0.1 s')).toBe(
      `✓ 297 sessions moved from sqlite:${file} to sqlite:${to}, in 0.1 s
  3 sessions had ended, and remain ended
  Checked once more. sqlite:${to} decides from now on.
`,
    )
    expect(await inFile(to, inside)).toEqual(await inFile(file, inside))
    expect(statSync(to).mode & 0o777).toBe(0o600)
    expect(second).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(second.stdout)).toMatchObject({ moved: 0, already: 297, ended: 3, differing: 0, left: 0 })
  })

  it('only looks, with --dry-run', async () => {
    const file = await filledFile()
    const to = join(folder(), 'other.db')
    const { code, stdout } = await sojourn(['move', `sqlite:${file}`, `sqlite:${to}`, '--dry-run'])

    expect(code).toBe(0)
    expect(stdout).toContain('✓ 297 sessions would be moved')
    expect(stdout).not.toContain('decides')
    expect(existsSync(to)).toBe(false)
  })

  it('writes nothing into files that are there, with --dry-run', async () => {
    const [file, other, foreign] = [await filledFile(), join(folder(), 'other.db'), join(folder(), 'foreign.db')]
    await inFile(other, (store) => store.create(records[1]!))
    const db = await openSqlite(foreign)
    db.exec('CREATE TABLE others (id TEXT)')
    db.close()
    const [source, target] = await Promise.all([copyOf(file), copyOf(other)])
    const bytes = () => [source, target, foreign].map((path) => readFileSync(path).toString('base64'))
    const before = bytes()
    const one = await sojourn(['move', `sqlite:${source}`, `sqlite:${target}`, '--dry-run'])
    const two = await sojourn(['move', `sqlite:${source}`, `sqlite:${foreign}`, '--dry-run'])

    expect([one.stdout, two.stdout]).toEqual([
      expect.stringMatching(/^✓ 296 sessions would be moved[^]*1 session already there/),
      expect.stringContaining('✓ 297 sessions would be moved'),
    ])
    expect(bytes()).toEqual(before)
  })

  it('copies all and leaves it to the old store to decide, with --no-decide', async () => {
    const file = await filledFile()
    const to = join(folder(), 'other.db')
    const rehearsed = await sojourn(['move', `sqlite:${file}`, `sqlite:${to}`, '--no-decide'])
    const marks = await Promise.all([file, to].map((path) => inFile(path, (store) => store.read(moveMarkerKey))))
    const decided = await sojourn(['move', `sqlite:${file}`, `sqlite:${to}`, '--yes'])

    expect([rehearsed.code, decided.code]).toEqual([0, 0])
    expect(rehearsed.stdout).toContain('✓ 297 sessions copied')
    expect(rehearsed.stdout).toContain('Checked once more. The old store still decides.')
    expect(marks).toEqual([null, null])
    expect(decided.stdout).toContain('297 sessions already there')
    expect(decided.stdout).toContain(`sqlite:${to} decides from now on.`)
  })

  it('waits for others who have a file locked, as one who closes it may', async () => {
    const file = await copyOf(await filledFile())
    const db = await openSqlite(file)
    db.exec('BEGIN EXCLUSIVE')
    const moving = sojournProcess(['move', `sqlite:${file}`, `sqlite:${join(folder(), 'other.db')}`])
    await pause(1500)
    db.exec('COMMIT')
    db.close()

    expect(await moving).toMatchObject({ code: 0, stderr: '' })
  })

  it('takes an address from a variable', async () => {
    const file = await filledFile()
    const cwd = folder()
    const env = { DATABASE_URL: `sqlite:${file}` }
    const { code, stdout } = await sojourn(['move', 'env:DATABASE_URL', 'sqlite:other.db'], { cwd, env })

    expect(code).toBe(0)
    expect(stdout).toContain(`297 sessions moved from sqlite:${file} to sqlite:other.db`)
  })

  it('says which sessions changed further in the new store, with exit code 1', async () => {
    const file = await filledFile()
    const to = join(folder(), 'other.db')
    const record = { ...records[1]!, version: 9, data: {} }
    await inFile(to, (store) => store.create(record))
    const { code, stdout } = await sojourn(['move', `sqlite:${file}`, `sqlite:${to}`])

    expect(code).toBe(1)
    expect(stdout).toContain('✗ 296 sessions moved')
    expect(stdout).toContain('1 session changed in')
    expect(stdout).toContain('The old store still decides.')
  })

  it('once done, says what it leaves out, with exit code 1', async () => {
    const file = await filledFile()
    const to = join(folder(), 'other.db')
    expect(await sojourn(['move', `sqlite:${file}`, `sqlite:${to}`])).toMatchObject({ code: 0 })
    const late = newRecord()
    await inFile(file, (store) => store.create(late))
    const { code, stdout } = await sojourn(['move', `sqlite:${file}`, `sqlite:${to}`])

    expect(code).toBe(1)
    expect(stdout).toContain('✗ 0 sessions moved')
    expect(stdout).toContain('1 session not copied')
    expect(await inFile(to, (store) => store.read(late))).toBeNull()
  })

  it('takes tables of other names, also in one file', async () => {
    const file = await filledFile()
    const there = await sojourn(['move', `sqlite:${file}`, `sqlite:${file}`, '--to-table', 'shop'])
    const to = join(folder(), 'other.db')
    const on = await sojourn([
      'move',
      `sqlite:${file}`,
      `sqlite:${to}`,
      '--from-table=shop',
      '--to-table',
      'sojourn_sessions',
    ])

    expect([there.code, on.code]).toEqual([0, 0])
    expect(on.stdout).toContain(`297 sessions moved from sqlite:${file} (table shop) to sqlite:${to}, in`)
    expect(await inFile(to, inside)).toEqual(await inFile(file, inside))
  })

  it('says that the journal of a copied file is missing, instead of a table or sessions', async () => {
    const [file, bare, empty] = ['sessions.db', 'bare.db', 'empty.db'].map((name) => join(folder(), name))
    const db = await openSqlite(file!)
    const store = sqliteStore(db)
    copyFileSync(file!, bare!)
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    await store.create(newRecord())
    copyFileSync(file!, empty!)
    db.close()
    const runs = await Promise.all([bare!, empty!].map((copy) => sojourn(['move', `sqlite:${copy}`, 'sqlite:to.db'])))

    const advice = (copy: string) =>
      `It may be a copy without its journal: ${copy}-wal is missing. Copy both files, or run "VACUUM INTO" on the original.`
    expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual([
      [1, `sojourn: sqlite:${bare} has no table sojourn_sessions. ${advice(bare!)}\n`],
      [1, `sojourn: There are no sessions in sqlite:${empty}, so nothing was done. ${advice(empty!)}\n`],
    ])
  })

  it('does nothing if there are no sessions, and creates no table in a file without one', async () => {
    const [file, foreign] = [join(folder(), 'empty.db'), join(folder(), 'foreign.db')]
    const to = join(folder(), 'other.db')
    // No more than notes of the library's own.
    await inFile(file, async (store) => {
      await store.create(newRecord(moveMarkerKey))
      await store.putCutoff!('ada', cutoff)
    })
    const db = await openSqlite(foreign)
    db.exec('CREATE TABLE others (id TEXT)')
    const [empty, without] = await Promise.all([
      sojourn(['move', `sqlite:${file}`, `sqlite:${to}`]),
      sojourn(['move', `sqlite:${foreign}`, `sqlite:${to}`]),
    ])
    const tables = db.prepare('SELECT name FROM sqlite_master').all()
    db.close()

    expect([empty.code, without.code]).toEqual([1, 1])
    expect(empty.stderr).toContain(`There are no sessions in sqlite:${file}, so nothing was done.`)
    expect(without.stderr).toBe(
      `sojourn: sqlite:${foreign} has no table sojourn_sessions. If it has another name: --from-table NAME\n`,
    )
    expect(tables).toEqual([{ name: 'others' }])
    expect(existsSync(to)).toBe(false)
  })
})

describeRedis('with Redis', () => {
  let redis: RedisServer
  beforeAll(async () => void (redis = await startRedis({ password: 'not-to-be-shown' })))
  afterAll(() => redis.stop())

  it('moves there and back, and never shows the password', async () => {
    const file = await filledFile()
    const url = `redis://:not-to-be-shown@127.0.0.1:${redis.port}`
    const there = await sojournProcess(['move', `sqlite:${file}`, url])
    const store = redisStore(url)
    const found = await inside(store)
    const listed = await store.list('ada')
    await store.close()
    const other = join(folder(), 'other.db')
    const back = await sojourn(['move', url, `sqlite:${other}`])

    expect([there.code, back.code]).toEqual([0, 0])
    expect(there.stdout).toContain(`to redis://127.0.0.1:${redis.port}, in`)
    expect(there.stdout + there.stderr + back.stdout + back.stderr).not.toContain('not-to-be-shown')
    expect(found).toEqual(await inFile(file, inside))
    expect(listed).toHaveLength(297)
    expect(await inFile(other, inside)).toEqual(found)
  })

  it('takes other prefixes, also at one server', async () => {
    const file = await filledFile()
    const url = `redis://:not-to-be-shown@127.0.0.1:${redis.port}/1`
    const there = await sojourn(['move', `sqlite:${file}`, url, '--to-prefix', 'shop:'])
    const wrong = await sojourn(['move', url, 'sqlite:x.db'])
    const on = await sojourn(['move', url, url, '--from-prefix', 'shop:', '--to-prefix=other:'])
    const store = redisStore(url, { prefix: 'other:' })
    const found = await inside(store)
    await store.close()

    expect([there.code, wrong.code, on.code]).toEqual([0, 1, 0])
    expect(wrong.stderr).toContain('There are no sessions in redis://127.0.0.1:')
    expect(on.stdout).toContain('/1 (prefix shop:) to redis://127.0.0.1:')
    expect(found).toEqual(await inFile(file, inside))
  })

  it('ends by Ctrl-C while a server stands still, and continues when it is started again', async () => {
    const file = await filledFile()
    const url = `redis://:not-to-be-shown@127.0.0.1:${redis.port}/2`
    redis.freeze()
    const moving = running(['move', `sqlite:${file}`, url])
    await pause(1000)
    moving.kill('SIGINT')
    const stopped = await moving.over
    redis.thaw()

    expect(stopped).toEqual({ code: 1, stdout: '', stderr: 'sojourn: Stopped. Run the command again to continue.\n' })
    expect(await sojourn(['move', `sqlite:${file}`, url])).toMatchObject({ code: 0 })
  })

  it('says that the password is wrong, and not which', async () => {
    const wrong = await sojourn(['move', `redis://:wrong-pass@127.0.0.1:${redis.port}`, 'sqlite:x.db'])

    expect(wrong).toMatchObject({ code: 1, stdout: '' })
    expect(wrong.stderr).toMatch(/^sojourn: redis:\/\/127\.0\.0\.1:\d+: WRONGPASS [^\n]*\n$/)
    expect(wrong.stderr).not.toContain('wrong-pass')
  })
})

describePostgres('with Postgres', () => {
  let postgres: PostgresServer
  beforeAll(async () => void (postgres = await startPostgres()), 60_000)
  afterAll(() => postgres.stop())

  it('looks, makes its table, moves there and back, and never shows the password', async () => {
    const file = await filledFile()
    const { url } = postgres
    const looked = await sojourn(['move', `sqlite:${file}`, url, '--dry-run'])
    const early = await sojourn(['move', url, `sqlite:${file}`])
    const there = await sojournProcess(['move', `sqlite:${file}`, url])
    const store = postgresStore(url)
    const found = await inside(store)
    await store.close()
    const other = join(folder(), 'other.db')
    const beside = await sojourn(['move', url, url, '--to-table', 'public.shop'])
    const shop = postgresStore(url, { table: 'shop' })
    for (const record of records.slice(200)) await shop.end(record, sampleEnding)
    const movedOn = await inside(shop)
    await shop.close()
    const back = await sojourn(['move', url, `sqlite:${other}`, '--from-table', 'shop'])

    expect(beside).toMatchObject({ code: 0, stderr: '' })
    expect([looked.code, early.code, there.code, back.code]).toEqual([0, 1, 0, 0])
    expect(looked.stdout).toContain('297 sessions would be moved')
    expect(early.stderr).toContain('has no table')
    const said = [looked, early, there, beside, back].map(({ stdout, stderr }) => stdout + stderr).join('')
    expect(said).not.toContain('not-to-be-shown')
    expect(found).toEqual(await inFile(file, inside))
    expect(movedOn.size).toBe(count + 1)
    expect(movedOn.get('cutoff of eve')).toEqual(cutoff)
    expect(await inFile(other, inside)).toEqual(movedOn)
  })
})

describe('wrong input is reported in one line:', () => {
  const two = 'move takes two stores, FROM and TO: npx sojourn move sqlite:FILE redis://HOST:PORT'
  const none = 'is not a store address.'
  it.each([
    [[], two],
    [['sqlite:a.db'], two],
    [['sqlite:a.db', 'sqlite:b.db', 'sqlite:c.db'], two],
    [['sqlite:a.db', 'sqlite:./a.db'], 'FROM and TO are the same: sqlite:a.db.'],
    [['redis://ada:s3cret@h', 'rediss://h:6379/0'], 'FROM and TO are the same: redis://h:6379.'],
    [['sqlite:', 'redis://h'], 'sqlite: needs a file, such as sqlite:sessions.db.'],
    [['mysql://ada:s3cret@h', 'redis://h'], none],
    [['redis://ada:s3cret@h:99999999', 'sqlite:a.db'], none],
    [['sessions', 'sqlite:a.db'], `'sessions' ${none}\n`],
    [['localhost:6379', 'sqlite:a.db'], `${none} Did you mean redis://localhost:6379?`],
    [['sqlite:a.db', '127.0.0.1:5432/shop'], `${none} Did you mean postgres://127.0.0.1:5432/shop?`],
    [['ada:s3cret@h:6379', 'sqlite:a.db'], `this ${none}\n`],
    [['.data/sessions.db', 'redis://h'], `${none} Did you mean sqlite:.data/sessions.db?`],
    [
      ['sqlite://.data/sessions.db', 'redis://h'],
      'sqlite: takes a file, not a host. Did you mean sqlite:.data/sessions.db?',
    ],
    [['sqlite:a.db', 'REDIS_URL'], `'REDIS_URL' ${none} Did you mean env:REDIS_URL?`],
    [['sqlite:a.db', 'env:REDIS_URL'], 'REDIS_URL is not set.'],
    [
      ['sqlite:a.db', 'env:redis://ada:s3cret@h'],
      'env: needs the name of an environment variable, such as env:REDIS_URL.',
    ],
    [
      ['sqlite:a.db', 'sqlite:b.db', '--from-prefix', 'a:'],
      'Only Redis has prefixes. For sqlite:a.db, use --from-table',
    ],
    [['sqlite:a.db', 'postgres://ada:s3cret@h/d', '--to-prefix=a:'], 'For postgres://h:5432/d, use --to-table'],
    [['sqlite:a.db', 'redis://ada:s3cret@h', '--to-table', 'a'], 'For redis://h:6379, use --to-prefix'],
    [
      ['sqlite:a.db', 'sqlite:b.db', '--to-table', 'a;b'],
      `--to-table may contain letters, digits and _ only, unlike 'a;b'.`,
    ],
    [
      ['sqlite:a.db', 'sqlite:b.db', '--to-table', ''],
      "Option '--to-table' needs a value. See: npx sojourn move --help",
    ],
    [
      ['sqlite:a.db', 'sqlite:a.db', '--from-table=b', '--to-table=B'],
      'FROM and TO are the same: sqlite:a.db (table b).',
    ],
    [['sqlite:a.db', 'redis://h', '--dryrun'], `Unknown option '--dryrun'. See: npx sojourn move --help`],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await sojourn(['move', ...args])

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^sojourn: .*\n$/)
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('s3cret')
  })

  it('a file that is not there, or is no database, and a server that is not there, with exit code 1', async () => {
    const cwd = folder()
    const port = await freePort()
    const [missing, other, gone] = await Promise.all([
      sojourn(['move', 'sqlite:none.db', 'redis://h'], { cwd }),
      sojourn(['move', `sqlite:${process.execPath}`, 'redis://h'], { cwd }),
      sojourn(['move', `redis://ada:s3cret@127.0.0.1:${port}`, 'sqlite:b.db'], { cwd }),
    ])

    expect(missing).toEqual({ code: 1, stdout: '', stderr: `sojourn: There is no file 'none.db'.\n` })
    expect(existsSync(join(cwd, 'none.db'))).toBe(false)
    expect(other).toMatchObject({ code: 1, stdout: '' })
    expect(other.stderr).toMatch(/^sojourn: sqlite:.*\n$/)
    expect(gone).toMatchObject({ code: 1, stdout: '' })
    expect(gone.stderr).toMatch(new RegExp(`^sojourn: redis://127.0.0.1:${port}: .*ECONNREFUSED.*\n$`))
  })
})

it.each([
  ['redis:', 'The server there is not Redis.'],
  ['rediss:', 'The server there does not use TLS.'],
  ['postgres:', 'Is the server there Postgres?'],
])('%s where a web server answers says so', async (protocol, message) => {
  const server = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { code, stdout, stderr } = await sojourn(['move', `${protocol}//127.0.0.1:${port}/0`, 'sqlite:b.db'])
  server.close()

  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(new RegExp(`^sojourn: ${protocol}//127.0.0.1:${port}[^\\n]*\n$`))
  expect(stderr).toContain(message)
})
