import { SojournError } from '../core/errors.ts'
import { isReservedId, moveMarkerId } from '../stores/reserved-ids.ts'
import type { Ending, SessionRecord, SessionStore } from '../stores/store.ts'
import { copySession, endLostCopy, type MoveContext } from './copy-session.ts'
import { forEachConcurrent } from './for-each-concurrent.ts'
import { activateStore, movedAwayAt } from './move-marker.ts'

/** How far {@link move} has come. */
export interface MoveProgress {
  /**
   * What it does: counts what there is, moves it, and looks at all of it once more. Before that, where sessions were moved away
   * from the new store in former times, it ends there what the old one has no more.
   */
  readonly step: 'counting' | 'moving' | 'clearing' | 'verifying'
  /** How many sessions this step is done with, those that ended among them. */
  readonly done: number
  /** How many there were when they were counted; `null` while they are, and of what nobody has counted. */
  readonly total: number | null
}

/** Options of {@link move}. */
export interface MoveOptions {
  /** Is told of each session that a step is done with. @default none */
  onProgress?: ((progress: MoveProgress) => void) | undefined
  /** Stops it: it then rejects with the signal's reason, and may be begun again. @default none */
  signal?: AbortSignal | undefined
  /** Looks, and writes nothing: what it gives then is what it would do. @default false */
  dryRun?: boolean | undefined
  /**
   * Whether the new store decides from now on, when all is there. `false` rehearses it: all is copied and looked at once more,
   * and the old store goes on deciding.
   *
   * @default true
   */
  decide?: boolean | undefined
}

/** What {@link move} did. */
export interface MoveResult {
  /** How many sessions were put into the new store, or were another there. */
  readonly moved: number
  /** How many it had already. */
  readonly already: number
  /** How many have ended: the new store knows of each that it did. */
  readonly ended: number
  /** How many are another in the new store for all that. While there is one, the old store goes on deciding. */
  readonly differing: number
  /**
   * How many only the old store has, where the new one decided already: they are left out, since they may have ended there. 0 the
   * first time.
   */
  readonly left: number
  /** How long it took, in seconds. */
  readonly took: number
}

/**
 * Moves all sessions from one store to another, what has ended included, so that it stays ended. While servers are up, each of
 * them has {@link both}: one that has the old store alone still, when all is moved, writes what nobody sees. When all is there,
 * and was looked at once more, the new store is told that it decides from now on: then servers may have it alone.
 *
 * What was stopped may be begun again, and goes on. Done twice it does no harm: from then on nothing is brought into the new
 * store but that a session ended in the old one. Nothing is removed from the old store.
 *
 * @param from has to have `all`, as every store of this package
 * @throws `ERR_OPTIONS` where it has none, or both are one. Rejects with the driver's own error where a store does not answer.
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
    work: (id: string, found: SessionRecord | Ending) => unknown,
  ): Promise<number> {
    let done = 0
    await forEachConcurrent(readAll(store, signal), async ([id, found]) => {
      await work(id, found)
      if (!isReservedId(id)) onProgress?.({ step, done: ++done, total })
    })
    return done
  }

  const total = await runPass('counting', from, null, () => {})
  await runPass('moving', from, total, async (id, found) => {
    const result = await copySession(context, id, found)
    if (!isReservedId(id)) tallies[result]++
  })
  const before = await movedAwayAt(to, from)
  if (before !== null && to.all !== undefined)
    await runPass('clearing', to, null, async (id) => {
      if (!isReservedId(id) && (await endLostCopy(context, id, before))) tallies.ended++
    })
  if (!dryRun) {
    let differing = 0
    await runPass(
      'verifying',
      from,
      total,
      async (id, found) => void ((await copySession(context, id, found)) === 'differing' && differing++),
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
    if (each[0] !== moveMarkerId) yield each
  }
}

function checkStores(from: SessionStore, to: SessionStore): void {
  if (from === to) throw new SojournError('ERR_OPTIONS', 'move takes two stores, and not one twice.')
  if (typeof from?.all !== 'function' || typeof to?.create !== 'function') {
    throw new SojournError(
      'ERR_OPTIONS',
      'move takes two stores, and the first has to have all(), which gives what is in it.',
    )
  }
}
