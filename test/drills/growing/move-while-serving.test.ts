import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createSessions } from '../../../src/index.ts'
import { both, move } from '../../../src/move/index.ts'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { sqliteStore } from '../../../src/stores/sqlite/store.ts'
import { openSqlite } from '../../../src/stores/sqlite/open.ts'
import { signedInAs } from '../../../src/testing/testing.ts'
import { folder } from '../../support/cli.ts'
import { describeRedis, startRedis } from '../../support/servers/redis.ts'
import { secrets, secure } from '../../support/sessions.ts'
import { random } from '../../support/random.ts'

const rounds = 25

describeRedis('while sessions move from SQLite to Redis beneath two servers with both', () => {
  it('their counters are exact, and users who sign out stay out', async () => {
    const redis = await startRedis()
    const wrong: string[] = []
    for (let round = 0; round < rounds; round++) {
      const file = join(folder(), 'sessions.db')
      const open = async () => {
        const db = await openSqlite(file)
        const to = redisStore(redis.url, { prefix: `${round}:` })
        const close = async () => Promise.all([to.close(), db.close()])
        return { from: sqliteStore(db), to, close }
      }
      const [one, other, mover] = await Promise.all([open(), open(), open()])
      const options = { secrets, cookie: secure, storeTimeout: 5, onEvent() {} }
      const servers = [one, other].map(({ to, from }) => createSessions({ ...options, store: both(to, from) }))
      const signedIn = async (name: string, count: number) =>
        Promise.all(Array.from({ length: count }, async (_, at) => signedInAs(servers[0]!, `${name}-${at}`)))
      const [staying, leaving] = [await signedIn('stays', 3), await signedIn('leaves', 20)]

      const counts = staying.map(() => ({ done: 0, unknown: 0 }))
      const over = new AbortController()
      const raising = servers.flatMap((server) =>
        staying.map(async (cookie, at) => {
          while (!over.signal.aborted) {
            const session = await server.open(cookie)
            session.update('count', (count) => Number(count ?? 0) + 1)
            await server.commit(session).then(
              () => counts[at]!.done++,
              () => counts[at]!.unknown++,
            )
          }
        }),
      )
      async function leave(): Promise<void> {
        for (const [at, cookie] of leaving.entries()) {
          const server = servers[at % 2]!
          const session = await server.open(cookie)
          session.signOut()
          await server.commit(session)
        }
      }
      const left = leave()
      await pause(random() * 20)
      const { differing } = await move(mover.from, mover.to)
      await pause(30)
      over.abort()
      await Promise.all([...raising, left])

      const alone = createSessions({ ...options, store: mover.to })
      if (differing > 0) wrong.push(`${differing} differ`)
      for (const [at, cookie] of staying.entries()) {
        const { done, unknown } = counts[at]!
        const count = Number((await alone.open(cookie)).data['count'])
        if (count < done || count > done + unknown) wrong.push(`${count}, and not ${done}, with ${unknown} unknown`)
      }
      for (const cookie of leaving) {
        const { outcome } = await alone.open(cookie)
        if (outcome !== 'ended') wrong.push(`who signed out is ${outcome}`)
      }
      await Promise.all([one, other, mover].map(async ({ close }) => close()))
    }
    await redis.stop()
    expect(wrong).toEqual([])
  }, 120_000)
})
