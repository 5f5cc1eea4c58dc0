import { TooLate } from '../store.ts'
import type { RedisConnection } from './connection/types.ts'
import type { Script } from './lua.ts'
import { createServerClocks } from './server-clocks.ts'

/**
 * Runs a script on a key, before `until` (epoch milliseconds) or not at all. `words` is the rest of its first argument. Resolves to the script's reply without the server's
 * time. Runs it on `target` if that is passed.
 *
 * @throws `TooLate` if the deadline passed; nothing was written then
 */
export type RunScript = (
  script: Script,
  key: string,
  until: number | undefined,
  words: string,
  values?: readonly string[],
  target?: Pick<RedisConnection, 'run'>,
) => Promise<unknown[]>

const maxAttempts = 4

/** @param onReply called after each reply of a server */
export function createRunScript(connection: RedisConnection, onReply: () => void): RunScript {
  const clocks = createServerClocks(connection.isCluster)

  return async (script, key, until, words, values = [], { run } = connection) => {
    for (let attempt = 1; ; attempt++) {
      const sent = performance.now()
      const deadlines = until === undefined ? '' : clocks.encodeDeadlines(until)
      const [clockText, ...result] = (await run(script, [key], [`${deadlines} ${words}`, ...values])) as unknown[]
      clocks.observe(String(clockText), sent)
      onReply()
      if (String(result[0]) !== 'late') return result
      // Try again, because the server also replies 'late' if we did not know its clock. Now we know it from the reply.
      if (attempt === maxAttempts || Date.now() >= until!) {
        throw new TooLate('Redis received this write after its deadline, and did not apply it.')
      }
    }
  }
}
