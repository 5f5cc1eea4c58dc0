import { createEvaluator } from '../lua.ts'
import { readAllFields } from '../scripts.ts'
import { createAsk } from './ask.ts'
import type { GlideClient, RedisConnection } from './types.ts'

export function glideConnection(client: GlideClient, isCluster: boolean): RedisConnection {
  const run = createEvaluator(
    (sha, keys, args) => client.customCommand(['EVALSHA', sha, `${keys.length}`, ...keys, ...args]),
    (text, keys, args) => client.customCommand(['EVAL', text, `${keys.length}`, ...keys, ...args]),
  )
  return {
    run,
    // It does not tell whether it was told to read at replicas, or from a memory that no server corrects.
    readHash: (key) => run(readAllFields, [key], []),
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
    // A client of it listens to what it was made to listen to, and to nothing else.
    subscribe: null,
    // It makes no second client of the same settings.
    loadConnector: null,
    dropCached() {},
    keyPrefix: '',
    isOpen: true,
  }
}

type Slots = [from: number, to: number, primary: [host: unknown, port: number]][]
