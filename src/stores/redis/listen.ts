import { createPubSubListener, type PubSubListener } from '../shared/pubsub-listener.ts'
import type { RedisConnection } from './connection/types.ts'
import { publish } from './scripts/read.ts'

/**
 * Listens for sessions that ended or were renewed; returns `null` if the client cannot listen.
 *
 * @param prefix the prefix of the channel
 */
export function createRedisListener(connection: RedisConnection, prefix: string): PubSubListener | null {
  const { subscribe, keyPrefix, dropCached } = connection
  if (subscribe === null) return null
  const channel = `${prefix}ended`
  return createPubSubListener({
    // Each process has a channel of its own for its heartbeat, so that it does not receive the heartbeats of others.
    publish: (self, text) => connection.run(publish, [`${channel}:${self}`], [text]),
    async subscribe(self, onMessage, onLost, signal) {
      function handleMessage(message: string): void {
        // Only the first line break separates them, because a user id may have others.
        const [text = '', ...keyLines] = message.split('\n')
        const key = keyLines.length === 0 ? undefined : keyLines.join('\n')
        // Drop the client's cached copy, because the server may invalidate it only a moment later.
        if (key !== undefined) dropCached(key.slice(keyPrefix.length))
        onMessage(text)
      }
      return subscribe([keyPrefix + channel, `${keyPrefix}${channel}:${self}`], handleMessage, onLost, signal)
    },
  })
}
