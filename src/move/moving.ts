import { SojournError } from '../errors.ts'
import type { SessionStore } from '../store.ts'
import { addCopy, bringUp, ended, isCopyOf, putEnding } from './copying.ts'
import { isHome, mark, markId } from './mark.ts'
import { forSome } from './some.ts'

/** How far {@link move} has come. */
export interface MoveProgress {
  /** What it does: counts what there is, moves it, and looks at all of it once more. */
  readonly step: 'counting' | 'moving' | 'verifying'
  /** How many sessions this step is done with, those that ended among them. */
  readonly done: number
  /** How many there were when they were counted; `null` while they are. */
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
  /** How long it took, in seconds. */
  readonly took: number
}

type Fate = 'moved' | 'already' | 'ended' | 'differing' | 'gone'

interface Way {
  readonly from: SessionStore
  readonly to: SessionStore
  /** Whether the new store decides already: then what it has is left as it is. */
  readonly isMoved: boolean
  readonly dryRun: boolean
}

const tries = 10

/**
 * Moves all sessions from one store to another, what has ended included, so that it stays ended. While servers are up, each of
 * them has {@link both}. When all is there, and was looked at once more, the new store is told that it decides from now on: then
 * servers may have it alone.
 *
 * What was stopped may be begun again, and goes on; done twice it does no harm. Nothing is removed from the old store.
 *
 * @param from has to have `all`, as every store of this package
 * @throws `ERR_OPTIONS` where it has none, or both are one. Rejects with the driver's own error where a store does not answer.
 */
export async function move(
  from: SessionStore,
  to: SessionStore,
  { onProgress, signal, dryRun = false }: MoveOptions = {},
): Promise<MoveResult> {
  check(from, to)
  const began = performance.now()
  const way: Way = { from, to, dryRun, isMoved: await isHome(to) }
  const tallies = { moved: 0, already: 0, ended: 0, differing: 0, gone: 0 }
  let total: number | null = null

  async function pass(step: MoveProgress['step'], work: (id: string) => Promise<void>): Promise<number> {
    let done = 0
    await forSome(idsOf(from, signal), async (id) => {
      await work(id)
      onProgress?.({ step, done: ++done, total })
    })
    return done
  }

  total = await pass('counting', async () => {})
  await pass('moving', async (id) => void tallies[await carry(way, id)]++)
  let differing = tallies.differing
  if (!dryRun) {
    differing = 0
    await pass('verifying', async (id) => void ((await carry(way, id)) === 'differing' && differing++))
    if (differing === 0) await decide(way)
  }
  const { moved, already, ended: over } = tallies
  return { moved, already, ended: over, differing, took: (performance.now() - began) / 1000 }
}

async function decide({ from, to }: Way): Promise<void> {
  const now = Date.now()
  await mark(to, 'here', now)
  await mark(from, 'away', now)
}

/** Makes the new store have of a session what the old one has, and looks whether it does. */
async function carry({ from, to, isMoved, dryRun }: Way, id: string): Promise<Fate> {
  let fate: Fate = 'already'
  for (let tried = 0; tried < tries; tried++) {
    const [found, copy] = await Promise.all([from.read(id), to.read(id)])
    if (ended(copy)) return 'ended'
    if (found === null) return 'gone'
    if (ended(found)) {
      if (dryRun) return 'ended'
      await (copy === null ? putEnding(to, id, found) : to.end(id, found))
    } else if (copy === null || !(isMoved || isCopyOf(copy, found))) {
      // Somebody went on there: what the old store has is older, and would undo it.
      if (copy !== null && copy.version > found.version) return 'differing'
      if (dryRun) return 'moved'
      await (copy === null ? addCopy(to, found, from) : bringUp(to, copy, found))
      fate = 'moved'
    } else return fate
  }
  return 'differing'
}

async function* idsOf(store: SessionStore, signal: AbortSignal | undefined): AsyncGenerator<string> {
  for await (const [id] of store.all!()) {
    signal?.throwIfAborted()
    if (id !== markId) yield id
  }
}

function check(from: SessionStore, to: SessionStore): void {
  if (from === to) throw new SojournError('ERR_OPTIONS', 'move takes two stores, and not one twice.')
  if (typeof from?.all !== 'function' || typeof to?.create !== 'function') {
    throw new SojournError(
      'ERR_OPTIONS',
      'move takes two stores, and the first has to have all(), which gives what is in it.',
    )
  }
}
