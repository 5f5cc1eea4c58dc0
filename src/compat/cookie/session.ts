/** How a session began, and the request that it belongs to. */
interface Context {
  readonly isNew: boolean
  /** The data that the request brought, as JSON; `null` if the session is new. */
  readonly originalText: string | null
  readonly replace: () => void
}

const contextOf = new WeakMap<object, Context>()

/** The session of a request: `req.session`. Its own properties are the data. */
export class Session {
  [key: string]: any

  /** Whether the request brought no session. */
  get isNew(): boolean {
    return contextOf.get(this)!.isNew
  }

  /** Whether the session differs from what the request brought. */
  get isChanged(): boolean {
    const { isNew, originalText } = contextOf.get(this)!
    return isNew || originalText !== JSON.stringify(this)
  }

  /** Whether the session has data. */
  get isPopulated(): boolean {
    return Object.keys(this).length > 0
  }

  /** Calls back. The session is saved before the response leaves. */
  save(callback: (error?: unknown) => void = () => {}): void {
    process.nextTick(callback)
  }

  /** Ends the session, and starts a new one at `req.session`. */
  regenerate(callback: (error?: unknown) => void = () => {}): void {
    contextOf.get(this)!.replace()
    process.nextTick(callback)
  }
}

/** Data may have these names, although the session has a method of that name. */
const methodNames: readonly string[] = ['save', 'regenerate']

/**
 * Creates the session of a request.
 *
 * @param data the session's data
 * @param isNew whether the data is not what the request brought
 * @param replace starts another session in its place
 */
export function createSession(data: object, isNew: boolean, replace: () => void): Session {
  const session = new Session()
  for (const [key, value] of Object.entries(data))
    if (!(key in session) || methodNames.includes(key)) session[key] = value
  contextOf.set(session, { isNew, originalText: isNew ? null : JSON.stringify(session), replace })
  return session
}
