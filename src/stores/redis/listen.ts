import { createPubSubListener, type PubSubListener } from '../shared/pubsub-listener.ts'
import type { RedisConnection } from './connection/types.ts'
import { publish } from './scripts.ts'

/**
 * Listens for what has ended or was renewed, of the keys that begin so; `null` where the client cannot.
 *
 * @param sessionPrefix what the key of each session begins with
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
    // A channel for each process, so that none hears what the others tell themselves.
    publish: (self, text) => connection.run(publish, [`${channel}:${self}`], [text]),
    subscribe: async (self, onMessage, onLost, signal) =>
      subscribe([keyPrefix + channel, `${keyPrefix}${channel}:${self}`], onMessage, onLost, signal),
  })
  return {
    ...listener,
    watch(id, onEnd) {
      return listener.watch(id, () => {
        // What the client itself remembers of it may be told to be over a moment later.
        dropCached(sessionPrefix + id)
        onEnd()
      })
    },
  }
}
