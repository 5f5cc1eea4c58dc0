import { createCookieJar } from '../cookies/cookie-jar.ts'
import type { Settings } from '../options.ts'
import type { SessionRepository } from '../repository/repository.ts'
import type { Session } from '../session/session.ts'
import { andThen, type MaybePromise } from '../util/maybe-promise.ts'
import { createCommit, type Commit, type CommitOptions, type CommitResult } from './commit.ts'
import type { ForeignStage } from './foreign-sessions.ts'
import { createOpen, type Open } from './open.ts'

/** The steps around the handler: open before it, commit after it. */
export interface RequestLifecycle<Data extends object> {
  /** Whether `open` and `commit` never return a promise. */
  readonly isSync: boolean
  /** Reads the secrets now, instead of when the first session opens. @throws `ERR_SECRET_MISSING` */
  readonly prepare: () => void
  open(cookieHeader: string | null | undefined): MaybePromise<Session<Data>>
  commit(session: Session<Data>, options?: CommitOptions): MaybePromise<CommitResult>
}

interface Stages<Data extends object> {
  readonly open: Open<Data>
  readonly commit: Commit
}

/**
 * Creates the lifecycle of the requests of one `createSessions`.
 *
 * @param loading the repository, or a promise of it while the store backend is being loaded. It is awaited only here.
 */
export function createLifecycle<Data extends object>(
  settings: Settings,
  loading: MaybePromise<SessionRepository>,
): RequestLifecycle<Data> {
  const jar = createCookieJar(settings)
  const createStages = (repository: SessionRepository): MaybePromise<Stages<Data>> =>
    andThen(settings.accept.length === 0 ? null : loadForeignStage(settings), (foreignStage) => ({
      open: createOpen<Data>(settings, jar, repository, foreignStage),
      commit: createCommit(settings, jar, repository, foreignStage),
    }))
  let isPrepared = false
  function prepare(): void {
    if (isPrepared) return
    settings.format.prepare?.()
    isPrepared = true
  }

  let stages = andThen(loading, createStages)
  if (stages instanceof Promise) {
    // Requests that wait for it report the error. Without them it must not end the process.
    stages.then((loaded) => (stages = loaded)).catch(() => {})
  }

  return {
    isSync: !(stages instanceof Promise),
    prepare,
    open(cookieHeader) {
      prepare()
      // Read the clock when the call is made, not when the backend has loaded: it orders requests.
      const moment = settings.tick()
      return andThen(stages, ({ open }) => open(cookieHeader ?? '', moment))
    },
    commit: (session, options) => andThen(stages, ({ commit }) => commit(session, options)),
  }
}

/** Loads the stage with `import()`, because servers without `accept` need none of it. */
async function loadForeignStage(settings: Settings): Promise<ForeignStage> {
  const { createForeignStage } = await import('./foreign-sessions.ts')
  return createForeignStage(settings)
}
