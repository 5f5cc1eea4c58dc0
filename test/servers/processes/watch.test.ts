import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import type { SessionStore } from '../../../src/index.ts'
import { postgresStore } from '../../../src/stores/postgres/store.ts'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { describePostgres, startPostgres } from '../../support/servers/postgres.ts'
import { describeRedis, startRedis } from '../../support/servers/redis.ts'
import { sqliteFiles } from '../../support/sqlite-files.ts'
import { secrets } from '../../support/sessions.ts'
import { atOnce, inTime, serverOn } from '../../support/watching.ts'
import { signedInAs } from '../../../src/testing/testing.ts'

const { opened } = sqliteFiles()

const script = fileURLToPath(new URL('watch-process.mjs', import.meta.url))
const stopping: (() => unknown)[] = []
afterAll(async () => {
  for (const stop of stopping.toReversed()) await stop()
})

const kinds: Record<
  string,
  [describe: typeof describeRedis, open: () => Promise<[place: string, SessionStore]>, within: number]
> = {
  redis: [
    describeRedis,
    async () => {
      const server = await startRedis()
      const store = redisStore(server.url)
      stopping.push(server.stop, store.close)
      return [server.url, store]
    },
    atOnce,
  ],
  postgres: [
    describePostgres,
    async () => {
      const server = await startPostgres()
      const store = postgresStore(server.url)
      stopping.push(server.stop, store.close)
      await store.createTable()
      return [server.url, store]
    },
    atOnce,
  ],
  sqlite: [
    describe,
    async () => {
      const { file, store } = opened()
      return [file, store]
    },
    inTime,
  ],
}

for (const [kind, [describeKind, open, within]] of Object.entries(kinds)) {
  describeKind(`a session that another process watches, in ${kind}`, () => {
    it('is known there to be over in time', async () => {
      const [place, store] = await open()
      const sessions = serverOn(store)
      const cookie = await signedInAs(sessions, 'ada')
      const session = await sessions.open(cookie)
      const watchers = [1, 2].map(() => {
        const child = spawn(process.execPath, [script, kind, place, secrets[0]!, cookie], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        stopping.push(() => child.kill('SIGKILL'))
        return createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      })
      const lines = async () => Promise.all(watchers.map(async (watcher) => String((await watcher.next()).value)))
      expect(await lines()).toEqual(['watching as ada', 'watching as ada'])
      const at = performance.timeOrigin + performance.now()
      await sessions.revoke('ada', session.id!)
      for (const line of await lines()) {
        const [reason, firedAt, stoodStill] = line.split(' ')
        expect(reason).toBe('revoked')
        expect(Number(firedAt) - at - Number(stoodStill)).toBeLessThan(within)
      }
    })
  })
}
