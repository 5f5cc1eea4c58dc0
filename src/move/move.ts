import { SojournError } from '../core/errors.ts'
import { isMoveMarker } from '../stores/reserved-ids.ts'
import type { Ending, SessionKey, SessionRecord, SessionStore } from '../stores/store.ts'
import { copySession, endLostCopy, type MoveContext } from './copy-session.ts'
import { forEachConcurrent } from './for-each-concurrent.ts'
import { activateStore, movedAwayAt } from './move-marker.ts'

/** Progress of {@link move}. */
export interface MoveProgress {
  /**
   * The current step: counting the sessions, moving them, and verifying all copies. If sessions were once moved away from the
   * new store, `clearing` comes before `verifying`: it ends sessions there that the old store does not have any more.
   */
  readonly step: 'counting' | 'moving' | 'clearing' | 'verifying'
  /** How many sessions this step has processed, including ended ones. */
  readonly done: number
  /** How many sessions were counted; `null` during `counting`, and during `clearing`, whose sessions are not counted. */
  readonly total: number | null
}

/** Options of {@link move}. */
export interface MoveOptions {
  /** Called for each session that a step has processed. @default not set */
  onProgress?: ((progress: MoveProgress) => void) | undefined
  /** Stops the move: it rejects with the signal's reason, and can be started again. @default not set */
  signal?: AbortSignal | undefined
  /** Reads only, and writes nothing: the result says what a move would do. @default false */
  dryRun?: boolean | undefined
  /**
   * Whether the new store decides, which means that it is authoritative, once all sessions are copied and verified. `false` is
   * for a rehearsal: all sessions are copied and verified, and the old store continues to decide.
   *
   * @default true
   */
  decide?: boolean | undefined
}

/** Result of {@link move}. */
export interface MoveResult {
  /** How many sessions were added to the new store, or updated there. */
  readonly moved: number
  /** How many sessions the new store had already. */
  readonly already: number
  /** How many sessions have ended. The new store has an ending for each. */
  readonly ended: number
  /** How many sessions still differ in the new store. While there is one, the old store continues to decide. */
  readonly differing: number
  /**
   * How many sessions only the old store has although the new one decides already. They are not copied, because they may have
   * ended in the new store. 0 in a first move.
   */
  readonly left: number
  /** Duration of the move, in seconds. */
  readonly took: number
}

/**
 * Moves all sessions from one store to another. Endings and cutoffs are moved too, so that ended sessions remain ended. Every running server
 * must use {@link both} during the move: the changes of a server that only has the old store would be lost afterwards. When all
 * sessions are copied and verified, the new store is marked as the one that decides. Then servers may use it alone.
 *
 * A move that was stopped can be started again, and continues. It is safe to repeat a completed move: only the ends of sessions
 * are then copied. Nothing is removed from the old store.
 *
 * @param from must have `all`, as every store of this package does
 * @param to must have `putCutoff`, as every store of this package does
 * @throws `ERR_OPTIONS` if `from` has no `all`, `to` has no `putCutoff`, or they are the same store. Rejects with the driver's error if a store fails.
 */
export async function move(
  from: SessionStore,
  to: SessionStore,
  { onProgress, signal, dryRun = false, decide: switchesOver = true }: MoveOptions = {},
): Promise<MoveResult> {
  checkStores(from, to)
  const began = performance.now()
  const context: MoveContext = { from, to, dryRun, isMoved: false }
  const tallies = { moved: 0, already: 0, ended: 0, differing: 0, left: 0, gone: 0 }

  async function runPass(
    step: MoveProgress['step'],
    store: SessionStore,
    total: number | null,
    work: (key: SessionKey, found: SessionRecord | Ending) => unknown,
    putCutoff?: SessionStore['putCutoff'],
  ): Promise<number> {
    let done = 0
    await forEachConcurrent(readAll(store, signal), async (entry) => {
      if ('cutoff' in entry) return putCutoff?.(entry.userId, entry.cutoff)
      await work(entry.key, entry.found)
      onProgress?.({ step, done: ++done, total })
    })
    return done
  }

  const total = await runPass('counting', from, null, () => {})
  // Like endings, cutoffs are copied after the move too.
  const putCutoff = dryRun ? undefined : to.putCutoff!.bind(to)
  await runPass(
    'moving',
    from,
    total,
    async (key, found) => void tallies[await copySession(context, key, found)]++,
    putCutoff,
  )
  const before = await movedAwayAt(to, from)
  if (before !== null && to.all !== undefined)
    await runPass('clearing', to, null, async (key) => {
      if (await endLostCopy(context, key, before)) tallies.ended++
    })
  if (!dryRun) {
    let differing = 0
    await runPass(
      'verifying',
      from,
      total,
      async (key, found) => void ((await copySession(context, key, found)) === 'differing' && differing++),
      putCutoff,
    )
    tallies.differing = differing
    if (differing === 0 && switchesOver) await activateStore(to, from)
  }
  const { gone: _gone, ...counts } = tallies
  return { ...counts, took: Math.round(performance.now() - began) / 1000 }
}

async function* readAll(store: SessionStore, signal: AbortSignal | undefined) {
  for await (const each of store.all!()) {
    signal?.throwIfAborted()
    if ('cutoff' in each || !isMoveMarker(each.key)) yield each
  }
}

function checkStores(from: SessionStore, to: SessionStore): void {
  if (from === to) throw new SojournError('ERR_OPTIONS', 'move needs two different stores.')
  if (typeof from?.all !== 'function' || typeof to?.putCutoff !== 'function') {
    throw new SojournError(
      'ERR_OPTIONS',
      'move needs two stores. The first must have all(), which returns everything in it, and the second putCutoff().',
    )
  }
}
