import { createPubSubListener, type PubSubListener } from '../shared/pubsub-listener.ts'
import type { RedisConnection } from './connection/types.ts'
import { publish } from './scripts.ts'

/**
 * Listens for sessions that ended or were renewed; returns `null` if the client cannot listen.
 *
 * @param prefix the prefix of the channel
 * @param sessionPrefix the prefix of each session's key
 */
export function createRedisListener(
  connection: RedisConnection,
  prefix: string,
  sessionPrefix: string,
): PubSubListener | null {
  const { subscribe, keyPrefix, dropCached } = connection
  if (subscribe === null) return null
  const channel = `${prefix}ended`
  const listener = createPubSubListener({
    // Each process has a channel of its own for its heartbeat, so that it does not receive the heartbeats of others.
    publish: (self, text) => connection.run(publish, [`${channel}:${self}`], [text]),
    subscribe: async (self, onMessage, onLost, signal) =>
      subscribe([keyPrefix + channel, `${keyPrefix}${channel}:${self}`], onMessage, onLost, signal),
  })
  return {
    ...listener,
    watch(onNotice, onLost) {
      return listener.watch((notice) => {
        // Drop the client's cached copy, because the server may invalidate it only a moment later.
        if (notice !== null) dropCached(sessionPrefix + notice.id)
        onNotice(notice)
      }, onLost)
    },
  }
}
