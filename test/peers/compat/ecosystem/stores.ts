import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import type { SessionOptions } from 'sojourn/compat/express-session'
import { memoryStore } from 'sojourn/memory'
import { afterAll, beforeAll, describe } from 'vitest'
import { describeRedis, startRedis } from '../../../support/servers/redis.ts'

/** Opens a store for one application. */
type OpenStore = () => SessionOptions['store']

/** Runs tests with a store of Sojourn's, and with a store that others wrote for express-session. */
export function withEachStore(define: (open: OpenStore, isOurs: boolean) => void): void {
  describe('with a store of Sojourn', () => void define(() => memoryStore(), true))

  describeRedis('with connect-redis', () => {
    let close: () => Promise<void>
    let open: OpenStore
    let count = 0
    beforeAll(async () => {
      const server = await startRedis()
      const client = await createClient({ url: server.url }).connect()
      open = () => new RedisStore({ client, prefix: `${count++}:` })
      close = async () => {
        client.destroy()
        await server.stop()
      }
    })
    afterAll(() => close())
    define(() => open(), false)
  })
}
