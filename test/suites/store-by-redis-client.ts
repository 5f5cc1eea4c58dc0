import { afterAll, beforeAll, describe, it } from 'vitest'
import { redisStore, type RedisStore } from '../../src/stores/redis/store.ts'
import { storeSuite } from '../../src/testing/store-suite/store-suite.ts'
import { isRaceCheck } from './race-checks.ts'
import type { Connected } from '../support/redis-clients.ts'

/** Runs the contract of a store by each client. All share one server. The first client also runs the races. */
export function suiteByEachClient(
  clients: Readonly<Record<string, () => Promise<Connected>>>,
  rounds: (name: string) => number,
): void {
  const [first] = Object.keys(clients)
  describe.each(Object.entries(clients))('by a client of %s', (name, connect) => {
    let opened = 0
    let one: Connected
    let two: Connected
    beforeAll(async () => {
      ;[one, two] = [await connect(), await connect()]
    })
    afterAll(() => {
      one.close()
      two.close()
    })
    const open = () => {
      const prefix = `${name} ${opened++}:`
      // Redis keeps a key for an hour longer than needed, so no check sees it expire.
      return { store: storeBy(one, prefix), another: () => storeBy(two, prefix), expiresByItself: false }
    }
    const checks = storeSuite(open, { rounds: rounds(name) })
    it.concurrent.each(checks.filter(([check]) => name === first || !isRaceCheck(check)))('%s', (_check, check) =>
      check(),
    )
  })
}

/** A client that reads from memory learns late of changes by others, so reads wait for that. */
function storeBy({ client, catchUp }: Connected, prefix: string): RedisStore {
  const store = redisStore(client, { prefix })
  if (catchUp === undefined) return store
  return {
    ...store,
    async read(id) {
      await catchUp()
      return store.read(id)
    },
  }
}
