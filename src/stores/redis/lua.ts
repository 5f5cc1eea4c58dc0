import '../../core/check-runtime.ts'

/** A Lua script. The server runs it as one atomic step. */
export interface Script {
  readonly text: string
  /** SHA-1 of the text in hexadecimal, by which EVALSHA names it. */
  readonly sha: string
  /** Returns the end of the text with which a reply to this call begins. */
  readonly tagOf: (keys: readonly string[], args: readonly string[]) => string
  /** Whether the reply is one list with the tag, because Redis takes longer for a list in a list. Otherwise the result follows the tag. */
  readonly isFlat?: boolean | undefined
}

/** A tag of replies: in Lua, after the lines `before`, and as we compute it. */
interface Tag {
  readonly before?: string
  readonly lua: string
  readonly of: Script['tagOf']
  readonly isFlat?: boolean | undefined
}

const keyTag: Tag = { lua: 'KEYS[1]', of: ([key]) => key! }

/**
 * Wraps a script's body so that each reply begins with a tag, by default the key that it is about. A client that mixes up its
 * replies must not open or end the wrong session.
 */
export function createScript(body: string, { before = '', lua, of, isFlat = false }: Tag = keyTag): Script {
  const { createHash } = process.getBuiltinModule('node:crypto')
  const text = `${before}local function answer()\n${body}\nend\nreturn {${lua}, answer()}`
  return { text, sha: createHash('sha1').update(text).digest('hex'), tagOf: of, isFlat }
}

/** Runs a script by its SHA, or by its text if the server does not know it: after a restart, or on another primary. */
export function createEvaluator(evalSha: Evaluate, evalText: Evaluate) {
  return async (script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> => {
    const { text, sha } = script
    let reply
    try {
      reply = await evalSha(sha, [...keys], [...args])
    } catch (error) {
      if (!/NoScript/i.test(String(error))) throw error
      reply = await evalText(text, [...keys], [...args])
    }
    return readReply(reply, script, keys, args)
  }
}

type Evaluate = (script: string, keys: string[], args: string[]) => Promise<unknown>

/**
 * Returns the result from a script's reply.
 *
 * @throws `TypeError` if the reply has another tag
 */
export function readReply(
  reply: unknown,
  { tagOf, isFlat }: Script,
  keys: readonly string[],
  args: readonly string[],
): unknown {
  // A client may add a prefix to the key.
  if (!Array.isArray(reply) || !String(reply[0]).endsWith(tagOf(keys, args))) throw mismatchedReply()
  return isFlat ? reply.slice(1) : (reply[1] as unknown)
}

/** Error for a client that mixes up its replies. */
export const mismatchedReply = (): TypeError => new TypeError('The Redis client returned the reply to another command.')
