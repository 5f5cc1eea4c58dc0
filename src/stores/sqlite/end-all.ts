import type { EndAllResult, Ending, SessionKey, SessionStore } from '../store.ts'
import type { Row } from './database.ts'
import type { LockQueue } from './lock-queue.ts'
import { cutoffValues, encodeEnding, endingValues, escapeColumn, keyValues } from './rows.ts'
import { rowsPerPage, rowsPerStep, type Prepared, type Statements } from './statements.ts'
import type { RunStep } from './steps.ts'
import { cutoffConditions, isFull, openedAt, type OpenedAt } from './writes.ts'

/** The sessions that an `endAll` ended: all rows of the user up to a sequence number, except one. */
interface Ended {
  /** As in the table. */
  readonly user: string
  readonly upto: number
  readonly spared: string | null
  readonly ending: Ending
}

/** After so long without an end, the process that called `endAll` must have died. */
const abandonedMs = 60_000

const notDone: EndAllResult = { isDone: false, ended: [], isConfirmed: true }

/**
 * Ends a user's sessions. The first step decides: a row of the table `unfinished` names all sessions that have ended. Further
 * steps turn their rows into endings, so that no step blocks the process for long, however many sessions there are. The call
 * resolves before these, because its deadline would pass although the sessions have ended.
 *
 * One closure, because its steps share the queue of locks and the prepared statements.
 */
export function createEndAll({ read, write }: LockQueue, prepare: () => Prepared, runStep: RunStep) {
  // One user after the other, because the steps of many at once would block the process for long.
  let finishing: Promise<unknown> = Promise.resolve()

  const query = (work: (statements: Statements) => Row[]): Promise<Row[]> =>
    read(() => {
      const { connection, statements } = prepare()
      return connection.read(() => work(statements))
    })

  const endAll: SessionStore['endAll'] = async (userId, ending, except = null, until) => {
    const user = escapeColumn(userId)
    const spared = except?.id ?? null
    const opened = except === null ? null : openedAt(except)
    const start = () => {
      const { connection, statements } = prepare()
      return connection.writeThrough(() =>
        connection.transaction(() => {
          if (spared !== null && !maySpare(statements, { id: spared, userId }, opened)) return null
          const at = Date.now()
          const [earlier] = statements.selectUnfinishedOf(user)
          statements.putCutoff(...cutoffValues(userId, { at, spared, expiresAt: ending.expiresAt }))
          const upto = Number(statements.lastSeq()[0]!['seq'])
          const ended = { user, upto, spared, ending }
          statements.putUnfinished(user, upto, spared, at, encodeEnding(ending))
          return { ended, earlier, rows: earlier === undefined ? endPage(statements, ended) : [] }
        }),
      )
    }

    const started = await write(start, until).catch((error) => removeIfFull(error, user, spared))
    if (started === null) return notDone
    const { ended, earlier, rows } = started
    if (earlier !== undefined || rows.length === rowsPerStep) rows.push(...(await readEnded(ended, earlier)))
    // Another call may still read the rows that it has ended. So leave all of them to it, and to a sweep.
    if (earlier === undefined && rows.length >= rowsPerStep) finishInBackground(ended)
    const ids = rows.filter(({ version }) => Number(version) === 1).map(({ id }) => id as string)
    return { isDone: true, ended: ids, isConfirmed: true }
  }

  /** Reads the rows that are not endings yet, except those that an earlier `endAll` has ended. */
  async function readEnded({ user, upto, spared, ending }: Ended, earlier: Row | undefined): Promise<Row[]> {
    const earlierValues = [Number(earlier?.['upto'] ?? 0), (earlier?.['spared'] ?? null) as string | null] as const
    const rows: Row[] = []
    for (let after = 0; ; after = Number(rows.at(-1)!['seq'])) {
      const values = [ending.endedAt, user, after, upto, spared, ...earlierValues] as const
      const page = await query(({ selectEnded }) => selectEnded(...values))
      rows.push(...page)
      if (page.length < rowsPerPage) return rows
      await new Promise(setImmediate)
    }
  }

  /** If it fails, for example because the application closes the database, a sweep finishes later. */
  function finishInBackground(ended: Ended): void {
    finishing = finishing.then(() => finish(ended)).catch(() => {})
  }

  /** Turns the remaining rows into endings. Waits for other processes without a limit, because the sessions have ended. */
  async function finish(ended: Ended): Promise<void> {
    while ((await runStep((statements) => endPage(statements, ended), Infinity)).length === rowsPerStep);
  }

  /** Finishes what other calls have left, or processes that died. */
  async function finishAbandoned(): Promise<void> {
    for (;;) {
      const [row] = await query(({ selectUnfinished }) => selectUnfinished(Date.now() - abandonedMs))
      if (row === undefined) return
      await finish(decodeEnded(row))
    }
  }

  /** Removes the user's records if the disk has no room for a cutoff: the sessions must end in any case. */
  async function removeIfFull(error: unknown, user: string, spared: string | null): Promise<never> {
    if (!isFull(error)) throw error
    const remove = ({ removePage }: Statements): Row[] => removePage(user, Number.MAX_SAFE_INTEGER, spared)
    while ((await runStep(remove, Infinity)).length === rowsPerStep);
    throw error
  }

  return { endAll, finishAbandoned }
}

/** Returns whether the session to spare is live, or is being created and was not cut off. */
function maySpare(statements: Statements, key: SessionKey, opened: OpenedAt): boolean {
  if (statements.selectLive(...keyValues(key)).length > 0) return true
  return (
    opened !== null &&
    statements.select(...keyValues(key)).length === 0 &&
    statements.selectCutOff(...cutoffConditions(key, { openedAt: opened })).length === 0
  )
}

/** Turns some rows into endings. The version of each says whether the session had not expired. */
function endPage(statements: Statements, { user, upto, spared, ending }: Ended): Row[] {
  const rows = statements.endPage(ending.endedAt, ...endingValues(ending), user, upto, spared)
  if (rows.length < rowsPerStep) statements.removeFinished(user)
  return rows
}

const decodeEnded = (row: Row): Ended => ({
  user: row['of_user'] as string,
  upto: Number(row['upto']),
  spared: row['spared'] as string | null,
  ending: JSON.parse(row['ending'] as string) as Ending,
})
