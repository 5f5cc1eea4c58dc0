/** One step on one key, so that it is whole on a cluster too. */
export interface Script {
  readonly text: string
  readonly sha: string
}

/** Each answer says whose it is: a client that mixes them up must open nobody else's session, nor end one. */
export function createScript(body: string): Script {
  const { createHash } = process.getBuiltinModule('node:crypto')
  const text = `local function answer()\n${body}\nend\nreturn {KEYS[1], answer()}`
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

/** Names a script, and hands it over where the server does not know it: after a restart, or at another primary. */
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

/** What a script answered of a key. @throws for an answer to another question */
export function readReply(reply: unknown, key: string): unknown {
  if (!Array.isArray(reply) || !String(reply[0]).endsWith(key)) throw mismatchedReply()
  return reply[1] as unknown
}

/** Of a client that mixes up its answers. */
export const mismatchedReply = (): TypeError =>
  new TypeError('The client of Redis gave the answer to another question.')
