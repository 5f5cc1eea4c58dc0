import { createListening, type Listening } from '../shared/pubsub-listener.ts'
import type { Connection } from './connection/types.ts'
import { tell } from './scripts.ts'

/**
 * Listens for what has ended or was renewed, of the keys that begin so; `null` where the client cannot.
 *
 * @param sessions what the key of each session begins with
 */
export function listeningBy(connection: Connection, prefix: string, sessions: string): Listening | null {
  const { subscribe, keyPrefix, forget } = connection
  if (subscribe === null) return null
  const channel = `${prefix}ended`
  const listening = createListening({
    // A channel for each process, so that none hears what the others tell themselves.
    publish: (self, text) => connection.run(tell, [`${channel}:${self}`], [text]),
    subscribe: async (self, heard, lost, over) =>
      subscribe([keyPrefix + channel, `${keyPrefix}${channel}:${self}`], heard, lost, over),
  })
  return {
    ...listening,
    watch(id, ended) {
      return listening.watch(id, () => {
        // What the client itself remembers of it may be told to be over a moment later.
        forget(sessions + id)
        ended()
      })
    },
  }
}
