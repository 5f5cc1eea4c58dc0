import { createEvaluator } from '../lua.ts'
import { createAsk } from './ask.ts'
import type { BunRedis } from './client-types.ts'
import { openInTime } from './open-duplicate.ts'
import type { RedisConnection, Subscribe } from './types.ts'

export function bunConnection(client: BunRedis): RedisConnection {
  const send = createSend(client)
  return {
    run: createEvaluator(
      (sha, keys, args) => send('EVALSHA', [sha, `${keys.length}`, ...keys, ...args]),
      (text, keys, args) => send('EVAL', [text, `${keys.length}`, ...keys, ...args]),
    ),
    readField: (key, field) => send('HGET', [key, field]),
    // This client does not show its options, so the address is unknown.
    listPrimaries: async () => [createAsk(([name, ...args]) => send(name!, args))],
    isCluster: false,
    subscribe: client.duplicate === undefined ? null : createBunSubscribe(client),
    // A duplicate reconnects by itself, and a `WAIT` would then count the writes of another connection.
    loadConnector: null,
    dropCached() {},
    keyPrefix: '',
    get isOpen() {
      return client.connected === true
    },
  }
}

/**
 * Returns a function that sends a command. The client stops to reconnect after `maxRetries` attempts, or after its
 * `idleTimeout`, and then refuses all commands. So the command that it refuses first connects it again.
 */
function createSend(client: BunRedis) {
  let connecting: Promise<unknown> | null = null

  return async (name: string, args: string[]): Promise<unknown> => {
    try {
      return await client.send(name, args)
    } catch (error) {
      if (!/Connection has failed/.test(String(error))) throw error
      await (connecting ??= client.connect().finally(() => (connecting = null)))
      return client.send(name, args)
    }
  }
}

function createBunSubscribe(client: BunRedis): Subscribe {
  return async (channels, onMessage, onLost, signal) => {
    let subscriber: BunRedis | undefined
    let isClosed = false
    const close = (): void => {
      isClosed = true
      subscriber?.close()
    }
    const listen = async (): Promise<void> => {
      subscriber = await client.duplicate!()
      if (isClosed) return subscriber.close()
      await subscriber.connect()
      await subscriber.subscribe([...channels], (message) => onMessage(String(message)))
      // The client reconnects by itself, but does not subscribe again.
      Object.assign(subscriber, { onconnect: onLost, onclose: onLost })
    }
    await openInTime(listen, close, signal)
    return close
  }
}
