import { expect, it } from 'vitest'
import { redisStore } from '../../src/stores/redis.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { openSqlite } from '../../src/stores/sqlite/open.ts'
import { newRecord } from '../../src/testing/store-suite/kit.ts'
import { folder, sojourn } from '../cli/sojourn.ts'
import { readPage } from '../docs/blocks.ts'
import { describeRedis, startRedis } from '../setup/redis.ts'

const { blocks } = await readPage('docs/growing.md')
const commands = blocks.filter(({ text }) => text.startsWith('npx sojourn')).flatMap(({ text }) => text.split('\n'))

describeRedis('the commands of docs/growing.md', () => {
  it('look first, and then move', async () => {
    const cwd = folder()
    const db = await openSqlite(`${cwd}/sessions.db`)
    const record = newRecord()
    await sqliteStore(db).create(record)
    db.close()
    const redis = await startRedis()
    const store = redisStore(redis.url)
    try {
      const seen: unknown[] = []
      for (const command of commands) {
        const args = command.replace('redis://localhost:6379', redis.url).split(' ').slice(2)
        const { code, stdout } = await sojourn(args, { cwd })
        seen.push([code, stdout.startsWith('✓ 1 session '), await store.read(record.id)])
      }
      expect(seen).toEqual([
        [0, true, null],
        [0, true, record],
      ])
    } finally {
      await store.close()
      await redis.stop()
    }
  })
})
