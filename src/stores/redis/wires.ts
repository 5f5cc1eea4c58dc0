import type { At } from './client.ts'
import type { IoRedis } from './ioredis.ts'
import type { NodeRedis } from './node-redis.ts'

/**
 * A connection of its own to one primary. Once broken it stays broken, so that all of its answers come of one server: what
 * `WAIT` counts are the writes of the connection that asks. It keeps no process alive.
 */
export interface Wire {
  readonly isOpen: boolean
  send(...command: string[]): Promise<unknown>
  close(): unknown
}

/** Makes such connections, by what a client knows of its servers. */
export interface Wires {
  /** Names the server that has a key, as far as the client knows; `''` where there is one. */
  placeOf(key: string): string
  /** Names the server that another server has named, as `placeOf` does. */
  placeCalled(told: string): string
  /** Whether the client still knows a server of such a name. */
  knows(place: string): boolean
  /** Connects to the server of such a name. */
  open(place: string): Promise<Wire>
}

/** How servers are reached whose own addresses are good only where they are, as clients of clusters are told it. */
export type AddressMap = Readonly<Record<string, Address>> | ((told: string) => Address | null | undefined)

interface Address {
  readonly host: string
  readonly port: number
}

export function nodeRedisWires(client: NodeRedis): Wires {
  const knows = (place: string): boolean => place === '' || client.nodeByAddress?.has(place) === true

  /** Hands over the client of a server, to be copied. */
  async function clientAt(place: string, copy: (one: NodeRedis) => NodeRedis): Promise<NodeRedis> {
    if (client.getSentinelNode !== undefined) return client._execute!(false, copy)
    if (client.execute !== undefined) return client.execute(copy)
    if (client.nodeClient === undefined) return copy(client)
    return copy(await client.nodeClient(client.nodeByAddress?.get(place) ?? client.masters![0]))
  }

  return {
    placeOf: (key) => client.slots?.[slotOf(key)]?.master.address ?? '',
    // It goes by what servers call themselves.
    placeCalled: (told) => told,
    knows,
    async open(place) {
      const reached = knows(place) ? {} : mapped(client._options?.nodeAddressMap, place)
      const wire = await clientAt(place, (one) =>
        one.duplicate!({
          socket: { ...one.options!.socket, ...reached, reconnectStrategy: false },
          disableOfflineQueue: true,
          clientSideCache: undefined,
          keyPrefix: undefined,
          pingInterval: 0,
          maintNotifications: 'disabled', // they would have it go on at another server
        }),
      )
      wire.on!('error', () => {})
      try {
        await wire.connect!()
      } catch (error) {
        wire.destroy!()
        throw error
      }
      wire.unref?.()
      return {
        get isOpen() {
          return wire.isReady === true
        },
        send: (...command) => wire.sendCommand(command),
        close: () => wire.isOpen === true && wire.destroy!(),
      }
    },
  }
}

export function ioRedisWires(client: IoRedis): Wires {
  return {
    placeOf: (key) => client.slots?.[slotOf(key)]?.[0] ?? '',
    placeCalled: (told) => nameOf(mapped(client.options?.natMap, told)),
    knows: (place) => place === '' || (client.nodes?.('master') ?? []).some(({ options }) => nameOf(options) === place),
    async open(place) {
      const [one] = client.nodes?.('master') ?? [client]
      if (one === undefined) throw new Error('No server of the cluster is known yet.')
      const wire = one.duplicate!({
        ...(place === '' ? {} : hostAndPort(place)),
        lazyConnect: true,
        keyPrefix: '',
        retryStrategy: () => null,
        reconnectOnError: null,
        enableOfflineQueue: false,
        autoResendUnfulfilledCommands: false,
      })
      wire.on!('error', () => {})
      await wire.connect!()
      wire.stream?.unref?.()
      return {
        get isOpen() {
          return wire.status === 'ready'
        },
        send: (...command) => wire.call(...command),
        close: () => wire.disconnect!(),
      }
    },
  }
}

const nameOf = (address: Pick<At, 'host' | 'port'> | undefined): string => `${address?.host}:${address?.port}`

const mapped = (map: AddressMap | undefined, told: string): Address =>
  (typeof map === 'function' ? map(told) : map?.[told]) ?? hostAndPort(told)

function hostAndPort(place: string): Address {
  const at = place.lastIndexOf(':')
  return { host: place.slice(0, at), port: Number(place.slice(at + 1)) }
}

/** In which of a cluster's slots a key is: CRC16 of it, or of what it has in braces. */
function slotOf(key: string): number {
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
