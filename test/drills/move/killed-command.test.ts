import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { both } from '../../../src/move/index.ts'
import { moveMarkerKey } from '../../../src/stores/reserved-ids.ts'
import { isEnding, type SessionRecord } from '../../../src/stores/store.ts'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { sqliteStore } from '../../../src/stores/sqlite/store.ts'
import { openSqlite } from '../../../src/stores/sqlite/open.ts'
import { sampleEnding, newRecord } from '../../../src/testing/store-suite/kit.ts'
import { random } from '../../support/random.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { running } from '../../support/cli-process.ts'
import { folder, sojournProcess } from '../../support/cli.ts'

const count = 1000

describeRedis('a move that is killed at any point, and started again,', () => {
  let redis: RedisServer
  beforeAll(async () => void (redis = await startRedis()))
  afterAll(() => redis.stop())

  it('loses nobody, and revives nobody who was signed out meanwhile', { timeout: 60_000 }, async () => {
    const file = join(folder(), 'sessions.db')
    const db = await openSqlite(file)
    const [from, to] = [sqliteStore(db), redisStore(redis.url)]
    const server = both(to, from)
    const records = Array.from({ length: count }, () => newRecord({ userId: null }))
    for (const record of records) await from.create(record)
    const [left, ended] = [records.toReversed(), new Set<SessionRecord>()]
    const client = await createClient({ url: redis.url }).connect()

    // Somewhere among the first, on and on, and when all are there and it looks once more.
    for (const target of [1, 400, 800, count]) {
      const moving = running(['move', `sqlite:${file}`, redis.url])
      const before = await client.dbSize()
      while ((await client.dbSize()) < Math.min(count, Math.max(target, before + Math.floor(random() * 100) + 1)))
        await pause(1)
      moving.kill('SIGKILL')
      expect(await moving.over).toMatchObject({ code: null, stdout: '' })
      // One who is there most likely, and one who is not yet; at a server with the old store alone, and at one with both.
      for (const record of [left.shift()!, left.pop()!]) {
        await (target % 800 === 0 ? server : from).end(record, sampleEnding)
        ended.add(record)
      }
      const gone = left.splice(5, 1)[0]!
      if (await to.end(gone, sampleEnding)) ended.add(gone)
      expect(await to.read(moveMarkerKey)).toBeNull()
    }
    const done = await sojournProcess(['move', `sqlite:${file}`, redis.url])
    const again = await sojournProcess(['move', `sqlite:${file}`, redis.url])

    expect([done.code, again.code]).toEqual([0, 0])
    expect(ended.size).toBeGreaterThan(8)
    const wrongs: string[] = []
    for (const record of records) {
      const found = await to.read(record)
      if (found === null) wrongs.push(`${record.id} is lost`)
      else if (isEnding(found) !== ended.has(record)) wrongs.push(`${record.id} is another`)
    }
    expect(wrongs).toEqual([])
    db.close()
    client.destroy()
    await to.close()
  })
})
