import { listenLater } from '../common/listen-later.ts'
import type { Listening } from '../common/listening.ts'
import type { Connection } from './client.ts'
import { tell } from './scripts.ts'

/**
 * Listens for what has ended, of the keys that begin so; `null` where the client cannot.
 *
 * @param sessions what the key of each session begins with
 */
export function listeningBy(connection: Connection, prefix: string, sessions: string): Listening | null {
  const { subscribe, keyPrefix, forget } = connection
  if (subscribe === null) return null
  const channel = `${prefix}ended`
  return listenLater({
    tell: (text) => connection.run(tell, [channel], [text]),
    async open(heard, lost) {
      // What the client itself remembers of it may be told to be over a moment later.
      const looked = (id: string) => {
        forget(sessions + id)
        heard(id)
      }
      return subscribe(keyPrefix + channel, looked, lost)
    },
  })
}
