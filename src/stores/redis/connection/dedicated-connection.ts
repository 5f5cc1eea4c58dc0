import { SojournError } from '../../../core/errors.ts'
import type { AddressMap, HostAndPort, IoRedis, NodeAddress, NodeRedis } from './client-types.ts'
import { openIoRedisDuplicate, openNodeRedisDuplicate } from './open-duplicate.ts'
import type { DedicatedConnector } from './dedicated-types.ts'
import type { RedisConnection } from './types.ts'

const noConnectionsMessage =
  "durability needs connections of its own, and this client cannot open them. Use redis (5 or newer), ioredis (5 or newer) or iovalkey; @valkey/valkey-glide and Bun's RedisClient cannot."

/** @throws `ERR_STORE_CLIENT` if the client cannot open dedicated connections */
export function requireConnector(
  loadConnector: RedisConnection['loadConnector'],
): NonNullable<RedisConnection['loadConnector']> {
  if (loadConnector !== null) return loadConnector
  throw new SojournError('ERR_STORE_CLIENT', noConnectionsMessage)
}

/** Opens dedicated connections by duplicating a client of redis. */
export function createNodeRedisConnector(client: NodeRedis): DedicatedConnector {
  const knowsServer = (server: string): boolean => server === '' || client.nodeByAddress?.has(server) === true

  /** Calls `duplicate` with the client's connection to a server. */
  async function duplicateAt(server: string, duplicate: (one: NodeRedis) => NodeRedis): Promise<NodeRedis> {
    if (client.getSentinelNode !== undefined) return client._execute!(false, duplicate)
    if (client.execute !== undefined) return client.execute(duplicate)
    if (client.nodeClient === undefined) return duplicate(client)
    return duplicate(await client.nodeClient(client.nodeByAddress?.get(server) ?? client.masters![0]))
  }

  return {
    serverOf: (key) => (client.slots?.[hashSlot(key)]?.master ?? client.masters?.[0])?.address ?? '',
    // This client uses the servers' own names. If a server announces only a port, the client names it `null:6379`.
    serverInRedirect: (redirect, fromServer) => (redirect.startsWith(':') ? hostOf(fromServer) + redirect : redirect),
    knowsServer,
    async open(server, signal) {
      const { host, port } = mapAddress(client._options?.nodeAddressMap, server)
      const address = knowsServer(server) ? {} : host === 'null' ? { port } : { host, port }
      const duplicate = await duplicateAt(server, (one) =>
        one.duplicate!({
          socket: { ...one.options!.socket, ...address, reconnectStrategy: false },
          disableOfflineQueue: true,
          clientSideCache: undefined,
          keyPrefix: undefined,
          pingInterval: 0,
          maintNotifications: 'disabled', // these would move the connection to another server
        }),
      )
      await openNodeRedisDuplicate(duplicate, signal)
      return {
        get isOpen() {
          return duplicate.isReady === true
        },
        send: (...command) => duplicate.sendCommand(command),
        close: () => duplicate.isOpen === true && duplicate.destroy!(),
      }
    },
  }
}

/** Opens dedicated connections by duplicating a client of ioredis or iovalkey. */
export function createIoRedisConnector(client: IoRedis): DedicatedConnector {
  const nodes = (): IoRedis[] => client.nodes?.('master') ?? []
  const knowsServer = (server: string): boolean =>
    server === '' || nodes().some(({ options }) => serverName(options) === server)

  function serverInRedirect(redirect: string, fromServer: string): string {
    const { host, port } = mapAddress(client.options?.natMap, redirect)
    return `${host || hostOf(fromServer)}:${port}`
  }

  return {
    serverOf(key) {
      const first = client.nodes === undefined ? '' : serverName(nodes()[0]?.options)
      const server = client.slots?.[hashSlot(key)]?.[0] ?? first
      // Slots that a redirect has just changed contain the name from the redirect, so map it like a redirect.
      return knowsServer(server) ? server : serverInRedirect(server, first)
    },
    serverInRedirect,
    knowsServer,
    async open(server, signal) {
      const [one] = client.nodes === undefined ? [client] : nodes()
      if (one === undefined) throw new Error('The Redis client does not know a server of the cluster yet.')
      const duplicate = one.duplicate!({
        ...(server === '' ? {} : parseHostAndPort(server)),
        lazyConnect: true,
        keyPrefix: '',
        retryStrategy: () => null,
        reconnectOnError: null,
        enableOfflineQueue: false,
        autoResendUnfulfilledCommands: false,
      })
      duplicate.on!('error', () => {})
      await openIoRedisDuplicate(duplicate, signal)
      return {
        get isOpen() {
          return duplicate.status === 'ready'
        },
        send: (...command) => duplicate.call(...command),
        close: () => duplicate.disconnect!(),
      }
    },
  }
}

const serverName = (address: Pick<NodeAddress, 'host' | 'port'> | undefined): string =>
  address === undefined ? '' : `${address.host}:${address.port}`

const hostOf = (server: string): string => server.slice(0, Math.max(0, server.lastIndexOf(':')))

const mapAddress = (map: AddressMap | undefined, server: string): HostAndPort =>
  (typeof map === 'function' ? map(server) : map?.[server]) ?? parseHostAndPort(server)

function parseHostAndPort(server: string): HostAndPort {
  return { host: hostOf(server), port: Number(server.slice(server.lastIndexOf(':') + 1)) }
}

/** Returns the cluster slot of a key: CRC16 of the key, or of its hash tag in braces (Redis cluster specification). */
function hashSlot(key: string): number {
  const begin = key.indexOf('{')
  const end = key.indexOf('}', begin + 1)
  const hashed = begin >= 0 && end > begin + 1 ? key.slice(begin + 1, end) : key
  let crc = 0
  for (const byte of Buffer.from(hashed)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021
    crc &= 0xffff
  }
  return crc % 16_384
}
