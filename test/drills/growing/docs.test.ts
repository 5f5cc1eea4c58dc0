import { join } from 'node:path'
import { expect, it } from 'vitest'
import { optionsFromEnv } from '../../../src/env.ts'
import { createSessions } from '../../../src/index.ts'
import { both, move } from '../../../src/move/index.ts'
import type { SessionStore } from '../../../src/stores/store.ts'
import { moveMarkerKey } from '../../../src/stores/reserved-ids.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { sqliteStore } from '../../../src/stores/sqlite/store.ts'
import { openSqlite } from '../../../src/stores/sqlite/open.ts'
import { signedInAs } from '../../../src/testing/testing.ts'
import { folder, sojournProcess } from '../../support/cli.ts'
import { readPage } from '../../support/docs/blocks.ts'
import { describeRedis, startRedis } from '../../support/servers/redis.ts'
import { secret } from '../../support/sessions.ts'

const { blocks, text } = await readPage('docs/growing.md')
const commands = blocks.filter(({ text }) => text.startsWith('npx sojourn')).flatMap(({ text }) => text.split('\n'))
const [, alone] = /`(npx sojourn move\s[^`]+)`/.exec(text)!

describeRedis('the commands of docs/growing.md', () => {
  it('look first, and then move; a server that was stopped for it continues with all signed-in users', async () => {
    const cwd = folder()
    const SECRET_KEY = secret('growing')
    // The file of SESSION_TYPE=sqlite by default, for a server that runs in this folder.
    const began = process.cwd()
    process.chdir(cwd)
    const sqlite = await optionsFromEnv({ SESSION_TYPE: 'sqlite', SECRET_KEY })
    const cookie = await signedInAs(createSessions(sqlite), 'ada')
    await sqlite.close()
    process.chdir(began)

    const redis = await startRedis({ args: ['--appendonly', 'yes'] })
    const options = await optionsFromEnv({ SESSION_TYPE: 'redis', REDIS_URL: redis.url, SECRET_KEY })
    try {
      const seen: unknown[] = []
      for (const command of commands) {
        const args = command.replace('redis://localhost:6379', redis.url).split(' ').slice(2)
        const { code, stdout } = await sojournProcess(args, { cwd })
        const { outcome } = await createSessions(options).open(cookie)
        seen.push([code, stdout.startsWith('✓ 1 session '), outcome])
      }
      expect(seen).toEqual([
        [0, true, 'ended'],
        [0, true, 'active'],
      ])
    } finally {
      await options.close()
      await redis.stop()
    }
  })
})

describeRedis('the way back out of docs/growing.md, of a move that was done too early,', () => {
  it('lets the old store decide again, and nobody is lost', async () => {
    const redis = await startRedis()
    const [to, from] = [redisStore(redis.url), sqliteStore(await openSqlite(join(folder(), 'sessions.db')))]
    const open = (store: SessionStore) => createSessions({ secrets: [secret('growing')], storeTimeout: 5, store })
    try {
      const early = await signedInAs(open(from), 'ada')
      await move(from, to)
      await signedInAs(open(both(to, from)), 'grace')
      // At a server that has the old store alone still.
      const late = await signedInAs(open(from), 'lin')
      const outcomes = async (sessions = open(both(to, from))) => [
        (await sessions.open(early)).outcome,
        (await sessions.open(late)).outcome,
      ]
      expect(await outcomes()).toEqual(['active', 'ended'])
      const [, removal = ''] = /^DEL (\S+)$/m.exec(text)!
      expect(await redis.ask('DEL', removal)).toBe(1)
      expect(await outcomes()).toEqual(['active', 'active'])
      expect(await move(from, to)).toMatchObject({ differing: 0, left: 0, already: 3 })
      expect(await outcomes(open(to))).toEqual(['active', 'active'])
    } finally {
      await to.close()
      await redis.stop()
    }
  })

  it('is one statement in SQLite', async () => {
    const db = await openSqlite(join(folder(), 'sessions.db'))
    const [to, from] = [sqliteStore(db), memoryStore()]
    await signedInAs(createSessions({ secrets: [secret('growing')], storeTimeout: 5, store: from }), 'ada')
    await move(from, to)
    db.exec(/^DELETE FROM .*$/m.exec(text)![0])

    expect(await to.read(moveMarkerKey)).toBeNull()
  })
})

it('one file is meant all over docs/growing.md', () => {
  const files = [...text.matchAll(/DatabaseSync\('([^']+)'\)|sqlite:(\S+)/g)].map(([, code, place]) => code ?? place)
  expect(files.length).toBeGreaterThan(5)
  expect(new Set(files)).toEqual(new Set(['.data/sessions.db']))
})

it('the command for one server is the one of the others', () => {
  expect(alone?.replace(/\s+/g, ' ')).toBe(commands.find((command) => !command.endsWith('--dry-run')))
})
