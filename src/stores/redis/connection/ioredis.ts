import { asking } from './ask.ts'
import type { At, Connection, IoRedisClient } from './connection.ts'
import { allOf, evaluator } from '../scripts.ts'
import { ioRedisDedicated, type AddressMap } from '../replicas/dedicated-connection.ts'
import { byIoRedis } from './subscribe.ts'

/** What there is of a client of ioredis or iovalkey beside what each has. */
export interface IoRedis extends IoRedisClient {
  readonly status?: string
  readonly options?: At & {
    readonly keyPrefix?: string
    readonly scaleReads?: unknown
    readonly natMap?: AddressMap
    readonly sentinels?: unknown
  }
  call(...command: string[]): Promise<unknown>
  nodes?(role: 'master'): IoRedis[]
  readonly slots?: readonly (readonly string[] | undefined)[]
  duplicate?(options: object): IoRedis
  connect?(): Promise<unknown>
  disconnect?(): void
  on?(event: string, listener: (...told: unknown[]) => void): unknown
  subscribe?(...channels: string[]): Promise<unknown>
  readonly stream?: { unref?(): unknown; destroy?(): unknown } | null
}

export function ioRedis(client: IoRedis): Connection {
  const { keyPrefix = '', scaleReads = 'master' } = client.options ?? {}
  const run = evaluator(
    (sha, keys, args) => client.evalsha(sha, keys.length, ...keys, ...args),
    (text, keys, args) => client.eval(text, keys.length, ...keys, ...args),
  )
  return {
    run,
    hash: (key) => (scaleReads === 'master' ? client.hgetall(key) : run(allOf, [key], [])),
    async nodes() {
      const nodes = client.nodes?.('master') ?? [client]
      // Behind sentinels its host is none that it was told.
      return nodes.map((node) =>
        asking((command) => node.call(...command), node.options?.sentinels ? undefined : node.options),
      )
    },
    isCluster: client.nodes !== undefined,
    subscribe: client.duplicate === undefined ? null : byIoRedis(client),
    dedicated:
      (client.nodes === undefined ? client.duplicate : client.slots) === undefined
        ? null
        : async () => ioRedisDedicated(client),
    forget() {},
    keyPrefix,
    get isOpen() {
      return client.status !== 'wait'
    },
  }
}
