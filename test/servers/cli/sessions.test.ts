import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSessions } from '../../../src/index.ts'
import { openSqlite } from '../../../src/stores/sqlite/open.ts'
import { sqliteStore } from '../../../src/stores/sqlite/store.ts'
import { postgresStore } from '../../../src/stores/postgres/store.ts'
import { redisStore } from '../../../src/stores/redis/store.ts'
import type { SessionStore } from '../../../src/stores/store.ts'
import { newRecord } from '../../../src/testing/store-suite/kit.ts'
import { signedInAs } from '../../../src/testing/testing.ts'
import { describePostgres, startPostgres, type PostgresServer } from '../../support/servers/postgres.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { folder, sojourn, sojournProcess } from '../../support/cli.ts'
import { secret } from '../../support/sessions.ts'

const key = secret('sessions')
const ids = { laptop: 'hT9bEwvWXQ4YH1pVlb3k2g', phone: '-T9bEwvWXQ4YH1pVlb3k2g' }

/** Ada on two devices, Bob on one, a guest, a session that has expired, and one that has ended. */
async function fill(store: SessionStore): Promise<void> {
  const now = Date.now()
  const used = (minutes: number) => ({ lastSeenAt: now - minutes * 60_000, expiresAt: now + 1e9 })
  const records = [
    newRecord({ ...used(3), id: ids.laptop, label: 'Firefox on Linux', data: { cart: '["tea"]', note: '"s3cret"' } }),
    newRecord({ ...used(1), id: ids.phone, label: 'Safari on iPhone' }),
    newRecord({ ...used(9), id: 'b'.repeat(22), userId: 'bob', label: '\u001b[31mred' }),
    newRecord({ ...used(5), id: 'g'.repeat(22), userId: null, signedInAt: null, label: null }),
    newRecord({ ...used(9), id: 'x'.repeat(22), userId: 'eve', lastSeenAt: now - 9e8, expiresAt: now - 1000 }),
    newRecord({ ...used(9), id: 'o'.repeat(22), userId: 'bob' }),
  ]
  for (const record of records) await store.create(record)
  await store.end(records[5]!, { ended: 'signed-out', endedAt: now - 60_000, expiresAt: now + 1e9 })
}

describe('in an SQLite file', () => {
  async function filled(): Promise<string> {
    const file = join(folder(), 'sessions.db')
    await inFile(file, fill)
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

  it('lists the sessions of a user, the last used first, and of everyone', async () => {
    const file = await filled()
    const own = await sojourn(['sessions', 'list', `sqlite:${file}`, 'ada'])
    const all = await sojourn(['sessions', 'list', `sqlite:${file}`])
    const none = await sojourn(['sessions', 'list', `sqlite:${file}`, 'zoe'])

    expect(own).toMatchObject({ code: 0, stderr: '' })
    expect(own.stdout).toBe(
      `${ids.phone}  ada                   used 1 minute ago       Safari on iPhone
${ids.laptop}  ada                   used 3 minutes ago      Firefox on Linux
`,
    )
    expect(all.stdout.split('\n')).toHaveLength(5)
    expect(all.stdout).toContain(`${'g'.repeat(22)}  guest                 used 5 minutes ago\n`)
    expect(all.stdout).toContain('\\u{1b}[31mred')
    expect(none).toEqual({ code: 0, stdout: '', stderr: 'This user has no sessions.\n' })
  })

  it('lists as JSON, one object per line, without secrets', async () => {
    const file = await filled()
    const { stdout } = await sojourn(['sessions', 'list', `sqlite:${file}`, '--json'])
    const listed = stdout.trimEnd().split('\n')

    expect(listed).toHaveLength(4)
    expect(listed.map((line) => JSON.parse(line).id)).toContain(ids.laptop)
    expect(stdout).not.toMatch(/hash|s3cret|secret|data/)
  })

  it('counts the sessions of a user, and of everyone', async () => {
    const file = await filled()
    const own = await sojourn(['sessions', 'count', `sqlite:${file}`, 'ada'])
    const all = await sojourn(['sessions', 'count', `sqlite:${file}`])
    const json = await sojourn(['sessions', 'count', `sqlite:${file}`, '--json'])

    expect(own).toEqual({ code: 0, stdout: '2 sessions\n', stderr: '' })
    expect(all.stdout).toBe(
      `3 sessions of 2 users
1 session of guests
1 session signed out or revoked, kept until no cookie opens them
1 session expired, not removed yet
`,
    )
    expect(JSON.parse(json.stdout)).toEqual({ users: 2, sessions: 3, guests: 1, ended: 1, expired: 1 })
  })

  it('shows a session, and its values only with --show', async () => {
    const file = await filled()
    const hidden = await sojourn(['sessions', 'show', `sqlite:${file}`, ids.laptop])
    const shown = await sojourn(['sessions', 'show', `sqlite:${file}`, ids.laptop, '--show', '--user', 'ada'])
    const json = await sojourn(['sessions', 'show', `sqlite:${file}`, ids.phone, '--json'])
    const withValues = await sojourn(['sessions', 'show', `sqlite:${file}`, ids.laptop, '--json', '--show'])

    expect(hidden).toMatchObject({ code: 0, stderr: '' })
    expect(hidden.stdout).toMatch(/^ {2}user +ada$/m)
    expect(hidden.stdout).toMatch(/^ {2}label +Firefox on Linux$/m)
    expect(hidden.stdout).toMatch(/^ {2}data +cart {2}7 bytes {2}••••$/m)
    expect(hidden.stdout).not.toMatch(/s3cret|hash/)
    expect(shown.stdout).toMatch(/^ +note {2}8 bytes {2}"s3cret"$/m)
    expect(JSON.parse(json.stdout)).toMatchObject({ id: ids.phone, dataBytes: { cart: 7 } })
    expect(JSON.parse(withValues.stdout)).toMatchObject({ data: { note: 's3cret' } })
  })

  it('shows why a session is over, with exit code 1', async () => {
    const file = await filled()
    const ended = await sojourn(['sessions', 'show', `sqlite:${file}`, 'o'.repeat(22)])
    const gone = await sojourn(['sessions', 'show', `sqlite:${file}`, 'z'.repeat(22)])

    expect(ended.code).toBe(1)
    expect(ended.stdout).toMatch(/^The session o{22} of bob has ended \(signed-out\): .* \(1 minute ago\)\n$/)
    expect(gone).toEqual({
      code: 1,
      stdout: '',
      stderr: `sojourn: sqlite:${file} has no session '${'z'.repeat(22)}'.\n`,
    })
  })

  it('ends one session, and all of a user; a second time there is nothing to end', async () => {
    const file = await filled()
    const one = await sojourn(['sessions', 'revoke', `sqlite:${file}`, ids.phone, '--yes'])
    const again = await sojourn(['sessions', 'revoke', `sqlite:${file}`, ids.phone, '--yes', '--json'])
    const all = await sojourn(['sessions', 'revoke-all', `sqlite:${file}`, 'ada', '--yes'])
    const left = await inFile(file, async (store) => [await store.list('ada'), await store.list('bob')])

    expect(one).toEqual({ code: 0, stdout: "✓ 1 session of 'ada' ended.\n", stderr: '' })
    expect([again.code, JSON.parse(again.stdout)]).toEqual([1, { ended: 0 }])
    expect(all).toEqual({ code: 0, stdout: "✓ 1 session of 'ada' ended.\n", stderr: '' })
    expect(left.map((each) => each.length)).toEqual([0, 1])
  })

  it('ends nothing without --yes if there is no terminal to ask', async () => {
    const file = await filled()
    for (const args of [
      ['revoke', `sqlite:${file}`, ids.phone],
      ['revoke-all', `sqlite:${file}`, 'ada'],
    ])
      expect(await sojourn(['sessions', ...args], { input: 'y\n' })).toEqual({
        code: 2,
        stdout: '',
        stderr: 'sojourn: This ends sessions, and asks first on a terminal. Without a terminal, add --yes.\n',
      })
    expect(await inFile(file, (store) => store.list('ada'))).toHaveLength(2)
  })

  it('signs a user out of the running application', async () => {
    const cwd = folder()
    const env = { SESSION_TYPE: 'sqlite', DATA_DIR: cwd }
    await inFile(join(cwd, 'sessions.db'), async (store) => {
      const sessions = createSessions({ secrets: [key], store })
      const cookie = await signedInAs(sessions, 'ada')
      expect((await sessions.open(cookie)).outcome).toBe('active')
      expect(await sojourn(['sessions', 'revoke-all', 'env', 'ada', '--yes'], { cwd, env })).toMatchObject({ code: 0 })
      expect((await sessions.open(cookie)).outcome).toBe('revoked')
    })
  })
})

describeRedis('in Redis', () => {
  let redis: RedisServer
  beforeAll(async () => void (redis = await startRedis({ password: 'not-to-be-shown' })))
  afterAll(() => redis.stop())

  it('does the same, also for a prefix', async () => {
    const url = `redis://:not-to-be-shown@127.0.0.1:${redis.port}`
    const store = redisStore(url, { prefix: 'shop:' })
    await fill(store)
    const at = [url, '--prefix', 'shop:']
    const env = { REDIS_URL: url }
    const runs = [
      await sojournProcess(['sessions', 'list', ...at]),
      await sojourn(['sessions', 'show', ...at, ids.laptop]),
      await sojourn(['sessions', 'revoke', 'env:REDIS_URL', '--prefix=shop:', ids.phone, '--yes'], { env }),
      await sojourn(['sessions', 'count', ...at]),
    ]
    const left = await store.list('ada')
    await store.close()

    expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual(runs.map(() => [0, '']))
    expect(runs[0]!.stdout.trimEnd().split('\n')).toHaveLength(4)
    expect(runs[3]!.stdout).toContain('2 sessions of 2 users\n1 session of guests\n')
    expect(left.map(({ id }) => id)).toEqual([ids.laptop])
    expect(JSON.stringify(runs)).not.toContain('not-to-be-shown')
  })

  it("says in one sentence what it cannot do with Flask-Session's records", async () => {
    const env = { SESSION_TYPE: 'flask-redis', REDIS_URL: `redis://:not-to-be-shown@127.0.0.1:${redis.port}` }
    for (const args of [
      ['list', 'env'],
      ['list', 'env', 'ada'],
      ['count', 'env'],
      ['show', 'env', 'x'],
      ['revoke', 'env', 'x', '--yes'],
      ['revoke-all', 'env', 'ada', '--yes'],
    ])
      expect(await sojourn(['sessions', ...args], { env })).toEqual({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(
          /^sojourn: Flask-Session in redis:\S+ keeps no list of users' sessions, and the id of a session there is its secret\. [^\n]+\n$/,
        ),
      })
  })
})

describePostgres('in Postgres', () => {
  let postgres: PostgresServer
  beforeAll(async () => void (postgres = await startPostgres()), 60_000)
  afterAll(() => postgres.stop())

  it('does the same, also for a table, and creates none', async () => {
    const without = await sojourn(['sessions', 'list', postgres.url])
    const store = postgresStore(postgres.url, { table: 'shop' })
    await store.createTable()
    await fill(store)
    const at = [postgres.url, '--table', 'shop']
    const runs = [
      await sojournProcess(['sessions', 'list', ...at]),
      await sojourn(['sessions', 'show', ...at, ids.laptop]),
      await sojourn(['sessions', 'revoke-all', ...at, 'ada', '--yes']),
      await sojourn(['sessions', 'count', ...at]),
    ]
    await store.close()

    expect(without.code).toBe(1)
    expect(without.stderr).toMatch(/has no table sojourn_sessions\. If it has another name: --table NAME\n$/)
    expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual(runs.map(() => [0, '']))
    expect(runs[2]!.stdout).toBe("✓ 2 sessions of 'ada' ended.\n")
    expect(runs[3]!.stdout).toContain('1 session of 1 user\n')
  })
})

describe('wrong input is reported in one line:', () => {
  it.each([
    [[], 'sessions takes list, count, show, revoke, revoke-all. See: npx sojourn sessions --help'],
    [['lst', 'env'], "'lst' is unknown: sessions takes list,"],
    [['list'], 'Use: npx sojourn sessions list STORE [USER]'],
    [['show', 'sqlite:a.db'], 'Use: npx sojourn sessions show STORE ID'],
    [['list', 'sqlite:a.db', 'ada', 'bob'], 'Use: npx sojourn sessions list STORE [USER]'],
    [['list', 'sqlite:a.db', '--show'], 'sessions list has no option --show.'],
    [['list', 'env'], 'SESSION_TYPE=cookie keeps sessions in cookies only, so no store has a list of them.'],
    [['list', 'redis://ada:s3cret@h', '--table', 'a'], 'Redis has no tables. For redis://h:6379, use --prefix'],
    [['list', 'sqlite:a.db', '--prefix', 'a'], 'Only Redis has prefixes. For sqlite:a.db, use --table'],
    [['list', 'ada:s3cret@h'], 'this is not a store address.'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await sojourn(['sessions', ...args])

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^sojourn: .*\n$/)
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('s3cret')
  })
})
