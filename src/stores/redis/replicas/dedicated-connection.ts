import type { Address, AddressMap, At, Dedicated } from '../connection/types.ts'
import type { IoRedis } from '../connection/types.ts'
import type { NodeRedis } from '../connection/types.ts'
import { openedIoRedis, openedNodeRedis } from '../connection/open-duplicate.ts'

export function nodeRedisDedicated(client: NodeRedis): Dedicated {
  const knows = (place: string): boolean => place === '' || client.nodeByAddress?.has(place) === true

  /** Hands over the client of a server, to be copied. */
  async function clientAt(place: string, copy: (one: NodeRedis) => NodeRedis): Promise<NodeRedis> {
    if (client.getSentinelNode !== undefined) return client._execute!(false, copy)
    if (client.execute !== undefined) return client.execute(copy)
    if (client.nodeClient === undefined) return copy(client)
    return copy(await client.nodeClient(client.nodeByAddress?.get(place) ?? client.masters![0]))
  }

  return {
    placeOf: (key) => (client.slots?.[slotOf(key)]?.master ?? client.masters?.[0])?.address ?? '',
    // It goes by what servers call themselves, and calls one of which it was told the port alone `null:6379`.
    placeCalled: (told, by) => (told.startsWith(':') ? hostOf(by) + told : told),
    knows,
    async open(place, over) {
      const { host, port } = mapped(client._options?.nodeAddressMap, place)
      const reached = knows(place) ? {} : host === 'null' ? { port } : { host, port }
      const own = await clientAt(place, (one) =>
        one.duplicate!({
          socket: { ...one.options!.socket, ...reached, reconnectStrategy: false },
          disableOfflineQueue: true,
          clientSideCache: undefined,
          keyPrefix: undefined,
          pingInterval: 0,
          maintNotifications: 'disabled', // they would have it go on at another server
        }),
      )
      await openedNodeRedis(own, over)
      return {
        get isOpen() {
          return own.isReady === true
        },
        send: (...command) => own.sendCommand(command),
        close: () => own.isOpen === true && own.destroy!(),
      }
    },
  }
}

export function ioRedisDedicated(client: IoRedis): Dedicated {
  const nodes = (): IoRedis[] => client.nodes?.('master') ?? []
  const knows = (place: string): boolean => place === '' || nodes().some(({ options }) => nameOf(options) === place)

  function placeCalled(told: string, by: string): string {
    const { host, port } = mapped(client.options?.natMap, told)
    return `${host || hostOf(by)}:${port}`
  }

  return {
    placeOf(key) {
      const first = client.nodes === undefined ? '' : nameOf(nodes()[0]?.options)
      const place = client.slots?.[slotOf(key)]?.[0] ?? first
      // One that a server has just named is there as it was named.
      return knows(place) ? place : placeCalled(place, first)
    },
    placeCalled,
    knows,
    async open(place, over) {
      const [one] = client.nodes === undefined ? [client] : nodes()
      if (one === undefined) throw new Error('No server of the cluster is known yet.')
      const own = one.duplicate!({
        ...(place === '' ? {} : hostAndPort(place)),
        lazyConnect: true,
        keyPrefix: '',
        retryStrategy: () => null,
        reconnectOnError: null,
        enableOfflineQueue: false,
        autoResendUnfulfilledCommands: false,
      })
      own.on!('error', () => {})
      await openedIoRedis(own, over)
      return {
        get isOpen() {
          return own.status === 'ready'
        },
        send: (...command) => own.call(...command),
        close: () => own.disconnect!(),
      }
    },
  }
}

const nameOf = (address: Pick<At, 'host' | 'port'> | undefined): string =>
  address === undefined ? '' : `${address.host}:${address.port}`

const hostOf = (place: string): string => place.slice(0, Math.max(0, place.lastIndexOf(':')))

const mapped = (map: AddressMap | undefined, told: string): Address =>
  (typeof map === 'function' ? map(told) : map?.[told]) ?? hostAndPort(told)

function hostAndPort(place: string): Address {
  return { host: hostOf(place), port: Number(place.slice(place.lastIndexOf(':') + 1)) }
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
