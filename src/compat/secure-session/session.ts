import type { Token } from '../../core/token.ts'

/** The parts of a session that its users do not see. */
export interface SessionState {
  readonly data: Map<string, unknown>
  /** When the session was last changed, in epoch milliseconds. */
  changedAt: number
  /** The contents of its cookie; `null` for a session that has none yet. */
  token: Token | null
  /** The session in the cookie, if `regenerate` has started another one in its place. */
  replaced: Token | null
  /** The names of values that it has from that session. */
  kept: ReadonlySet<string>
  /** Attributes for the cookie of this response. */
  cookieOptions: object | null
}

const states = new WeakMap<object, SessionState>()

/** Returns the state of a session that `createSession` made; `undefined` for any other object. */
export const stateOf = (session: object): SessionState | undefined => states.get(session)

/** The session of a request. Its values are also properties of it, unless a method has their name. */
export class Session {
  changed = false
  deleted = false

  get(key: string): unknown {
    return states.get(this)!.data.get(key)
  }

  set(key: string, value: unknown): void {
    this.touch()
    const state = states.get(this)!
    state.data.set(key, value)
    state.kept = new Set([...state.kept].filter((each) => each !== key))
  }

  /** Ends the session: the response deletes its cookie. */
  delete(): void {
    this.deleted = true
    this.touch()
  }

  /** Sets attributes of the cookie for this response. */
  options(options: object): void {
    states.get(this)!.cookieOptions = options
  }

  /** Returns a copy of the values. */
  data(): Record<string, unknown> {
    return Object.fromEntries(states.get(this)!.data)
  }

  /** Starts the life of the cookie again. */
  touch(): void {
    this.changed = true
    states.get(this)!.changedAt = Date.now()
  }

  /** Removes all values, except those with the given names, and ends the session that older cookies hold. If that has ended meanwhile, no value is kept. */
  regenerate(kept?: readonly string[]): void {
    const state = states.get(this)!
    for (const key of state.data.keys()) if (!Array.isArray(kept) || !kept.includes(key)) state.data.delete(key)
    if (state.token !== null) state.kept = new Set(state.data.keys())
    state.replaced ??= state.token
    state.token = null
    this.touch()
  }
}

/** Creates a session from values. @param token the contents of its cookie */
export function createSession(values: object = {}, token: Token | null = null): Session {
  const session = new Session()
  const faced = new Proxy(session, propertyAccess)
  const data = new Map(Object.entries(values))
  const changedAt = token?.lastSeenAt ?? Date.now()
  const state: SessionState = { data, changedAt, token, replaced: null, kept: new Set(), cookieOptions: null }
  states.set(session, state)
  states.set(faced, state)
  return faced
}

/** Makes the values properties. */
const propertyAccess: ProxyHandler<Session> = {
  get(session, key) {
    const own: unknown = Reflect.get(session, key)
    if (typeof own === 'function') return own.bind(session)
    return Object.hasOwn(session, key) || typeof key === 'symbol' ? own : session.get(key)
  },
  set(session, key, value) {
    if (Object.hasOwn(session, key) || typeof key === 'symbol') return Reflect.set(session, key, value)
    session.set(key, value)
    return true
  },
}
