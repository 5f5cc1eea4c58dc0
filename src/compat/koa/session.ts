import { inspectSymbol } from '../../session/lazy-values.ts'
import { settle } from '../express/stored-session-store.ts'

/** How a session is committed. */
export interface CommitHow {
  /** Whether it is saved although it has not changed. */
  readonly save?: boolean
  /** Whether it continues under a new key. */
  readonly regenerate?: boolean
  /** Whether the response is an error. */
  readonly hasFailed?: boolean
}

/** The steps of the request that has a session. */
export interface SessionContext {
  /** The attributes of the cookie in this request. */
  readonly options: { maxAge?: number | 'session' | undefined }
  /** The id of the session in lists; `null` if it has none. */
  readonly listId: string | null
  commit(how: CommitHow): Promise<void>
}

type Callback = (error?: unknown) => void

/** The state of a session that is not data. */
interface State {
  readonly context: SessionContext
  isNew: boolean
  mustSave: boolean
}

const stateOf = new WeakMap<object, State>()

/** The session of a request: `ctx.session`. Its own properties are the data. */
export class Session {
  [key: string]: any
  /** The session's key in the store. */
  declare readonly externalKey: string | undefined

  /** Whether the request brought no session. */
  get isNew(): boolean {
    return stateOf.get(this)!.isNew
  }

  set isNew(isNew: boolean) {
    stateOf.get(this)!.isNew = isNew
  }

  /** How many values the session has. */
  get length(): number {
    return Object.keys(this.toJSON()).length
  }

  /** Whether the session has values. */
  get populated(): boolean {
    return this.length > 0
  }

  /** How long the session lives, in milliseconds; `'session'`: until the browser is closed. Setting it saves the session. */
  get maxAge(): number | 'session' | undefined {
    return stateOf.get(this)!.context.options.maxAge
  }

  set maxAge(maxAge: number | 'session' | undefined) {
    const state = stateOf.get(this)!
    state.context.options.maxAge = maxAge
    state.mustSave = true
  }

  /** Saves the session, also if it has not changed. */
  save(callback?: Callback): Promise<void> | void {
    return finish(stateOf.get(this)!.context.commit({ save: true }), callback)
  }

  /** Ends the session, and continues with its data under a new key. */
  regenerate(callback?: Callback): Promise<void> | void {
    return finish(stateOf.get(this)!.context.commit({ regenerate: true }), callback)
  }

  /** Saves the session if it has changed. Needed with `autoCommit: false`. */
  async manuallyCommit(): Promise<void> {
    await stateOf.get(this)!.context.commit({})
  }

  /** The data. Names that begin with `_` are not data, and functions are left out. */
  toJSON(): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(this).filter(([key, value]) => !key.startsWith('_') && typeof value !== 'function'),
    )
  }

  [inspectSymbol](): Record<string, unknown> {
    return this.toJSON()
  }
}

/** Creates a session. `data` is a record, or what the application assigned; without it the session is new. */
export function createSession(context: SessionContext, data: object | null, externalKey: string | undefined): Session {
  const session = new Session()
  Object.defineProperty(session, 'externalKey', { value: externalKey })
  const state: State = { context, isNew: data === null, mustSave: false }
  stateOf.set(session, state)
  for (const [key, value] of Object.entries(data ?? {})) {
    if (key === '_maxAge') {
      if (typeof value === 'number') context.options.maxAge = value
    } else if (key === '_session') context.options.maxAge = 'session'
    else if (key === 'maxAge') session.maxAge = value as number
    else if (key === '_expire' || !(key in Session.prototype)) session[key] = value
  }
  return session
}

/** Returns the steps of the request that a session belongs to. */
export const contextOf = (session: object): SessionContext | undefined => stateOf.get(session)?.context

/** Whether the session must be saved although its data has not changed. */
export const mustSave = (session: Session): boolean => stateOf.get(session)!.mustSave

function finish(done: Promise<void>, callback: Callback | undefined): Promise<void> | void {
  if (callback === undefined) return done
  settle(() => done, callback)
}
