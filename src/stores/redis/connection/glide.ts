import { createEvaluator } from '../lua.ts'
import { readField } from '../scripts/read.ts'
import { createAsk } from './ask.ts'
import type { GlideClient } from './client-types.ts'
import type { RedisConnection } from './types.ts'

export function glideConnection(client: GlideClient, isCluster: boolean): RedisConnection {
  const run = createEvaluator(
    (sha, keys, args) => client.customCommand(['EVALSHA', sha, `${keys.length}`, ...keys, ...args]),
    (text, keys, args) => client.customCommand(['EVAL', text, `${keys.length}`, ...keys, ...args]),
  )
  return {
    run,
    // A script, because the client may be configured to read from replicas or from a cache, and does not show that.
    readField: (key, field) => run(readField, [key], [field]),
    async listPrimaries() {
      if (!isCluster) return [createAsk((command) => client.customCommand(command))]
      const table = (await client.customCommand(['CLUSTER', 'SLOTS'], { route: 'randomNode' })) as Slots
      const addresses = new Map(table.map(([, , [host, port]]) => [`${host}:${port}`, { host: String(host), port }]))
      return [...addresses.values()].map((address) => {
        const route = { type: 'routeByAddress', ...address }
        return createAsk((command) => client.customCommand(command, { route }), address)
      })
    },
    isCluster,
    // This client can only listen to the channels that it was created with.
    subscribe: null,
    // This client cannot be duplicated.
    loadConnector: null,
    dropCached() {},
    keyPrefix: '',
    isOpen: true,
  }
}

/** The reply to CLUSTER SLOTS. */
type Slots = [first: number, last: number, primary: [host: unknown, port: number]][]
