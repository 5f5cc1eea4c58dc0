import { asking } from './ask.ts'
import type { Connection } from './types.ts'
import type { GlideClient } from './types.ts'
import { allOf } from '../scripts.ts'
import { evaluator } from '../lua.ts'

export function glide(client: GlideClient, isCluster: boolean): Connection {
  const run = evaluator(
    (sha, keys, args) => client.customCommand(['EVALSHA', sha, `${keys.length}`, ...keys, ...args]),
    (text, keys, args) => client.customCommand(['EVAL', text, `${keys.length}`, ...keys, ...args]),
  )
  return {
    run,
    // It does not tell whether it was told to read at replicas, or from a memory that no server corrects.
    hash: (key) => run(allOf, [key], []),
    async nodes() {
      if (!isCluster) return [asking((command) => client.customCommand(command))]
      const table = (await client.customCommand(['CLUSTER', 'SLOTS'], { route: 'randomNode' })) as Slots
      const places = new Map(table.map(([, , [host, port]]) => [`${host}:${port}`, { host: String(host), port }]))
      return [...places.values()].map((place) => {
        const route = { type: 'routeByAddress', ...place }
        return asking((command) => client.customCommand(command, { route }), place)
      })
    },
    isCluster,
    // A client of it listens to what it was made to listen to, and to nothing else.
    subscribe: null,
    // It makes no second client of the same settings.
    dedicated: null,
    forget() {},
    keyPrefix: '',
    isOpen: true,
  }
}

type Slots = [from: number, to: number, primary: [host: unknown, port: number]][]
