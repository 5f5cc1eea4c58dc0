import type { RedisClient } from '../../src/stores/redis/store.ts'

const clock = "local t = redis.call('TIME')\nlocal now = "

/** A client of redis, and how many scripts it has sent, at whose servers it is another time: so many milliseconds, in Lua. */
export function shifted(
  client: any,
  milliseconds: string,
  delay = { of: 0 },
): { client: RedisClient; sent: () => number } {
  let sent = 0
  const patched: Record<string, unknown> = {
    evalSha: () => Promise.reject(new Error('NOSCRIPT')),
    async eval(text: string, options: object) {
      if (delay.of > 0) await new Promise((resolve) => setTimeout(resolve, delay.of))
      sent++
      return client.eval(text.replace(clock, `${clock}${milliseconds} + `), options)
    },
    hGet: (key: string, field: string) => client.hGet(key, field),
    sendCommand: (...args: unknown[]) => client.sendCommand(...args),
    isOpen: false,
    ...(client.nodeClient !== undefined && {
      nodeClient: (master: unknown) => client.nodeClient(master),
      masters: client.masters,
    }),
  }
  return { client: patched as unknown as RedisClient, sent: () => sent }
}

/** In Lua: so many milliseconds at one server of a cluster, and none at others. */
export const atServer = (id: string, milliseconds: number): string =>
  `(redis.call('CLUSTER', 'MYID') == '${id}' and ${milliseconds} or 0)`

/** In Lua: so many milliseconds for keys that have a word in them, and none for others. */
export const forKeysWith = (word: string, milliseconds: number): string =>
  `(string.find(KEYS[1], '${word}', 1, true) and ${milliseconds} or 0)`
