/** A Lua script. The server runs it as one atomic step. */
export interface Script {
  readonly text: string
  /** SHA-1 of the text in hexadecimal, by which EVALSHA names it. */
  readonly sha: string
}

/**
 * Wraps a script's body so that each reply contains the key that it is about. A client that mixes up its replies must not
 * open or end the wrong session.
 */
export function createScript(body: string): Script {
  const { createHash } = process.getBuiltinModule('node:crypto')
  const text = `local function answer()\n${body}\nend\nreturn {KEYS[1], answer()}`
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

/** Runs a script by its SHA, or by its text if the server does not know it: after a restart, or on another primary. */
export function createEvaluator(evalSha: Evaluate, evalText: Evaluate) {
  return async ({ text, sha }: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> => {
    const reply = await evalSha(sha, [...keys], [...args]).catch((error: unknown) => {
      if (!/NoScript/i.test(String(error))) throw error
      return evalText(text, [...keys], [...args])
    })
    return readReply(reply, keys[0]!)
  }
}

type Evaluate = (script: string, keys: string[], args: string[]) => Promise<unknown>

/**
 * Returns the result from a script's reply.
 *
 * @throws `TypeError` if the reply is about another key
 */
export function readReply(reply: unknown, key: string): unknown {
  if (!Array.isArray(reply) || !String(reply[0]).endsWith(key)) throw mismatchedReply()
  return reply[1] as unknown
}

/** Error for a client that mixes up its replies. */
export const mismatchedReply = (): TypeError => new TypeError('The Redis client returned the reply to another command.')
