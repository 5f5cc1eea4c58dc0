import type { EndAllResult, Ending, SessionKey, SessionStore } from '../store.ts'
import type { Row } from './connection.ts'
import type { LockQueue } from './lock-queue.ts'
import { cutoffValues, encodeEnding, endingValues, escapeColumn, keyValues } from './rows.ts'
import { rowsPerStep, type Prepared, type Statements } from './statements.ts'
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
 * steps turn their rows into endings, so that no step blocks the process for long, however many sessions there are.
 */
export function createEndAll({ read, write }: LockQueue, prepare: () => Prepared, runStep: RunStep) {
  const endAll: SessionStore['endAll'] = async (userId, ending, except = null, until) => {
    const spared = except?.id ?? null
    const opened = except === null ? null : openedAt(except)
    const start = (): { ended: Ended; rows: Row[] } | null => {
      const { connection, statements } = prepare()
      return connection.writeThrough(() =>
        connection.transaction(() => {
          if (spared !== null && !maySpare(statements, { id: spared, userId }, opened)) return null
          const at = Date.now()
          statements.putCutoff(...cutoffValues(userId, { at, spared, expiresAt: ending.expiresAt }))
          const upto = Number(statements.lastSeq()[0]!['seq'])
          const ended = { user: escapeColumn(userId), upto, spared, ending }
          statements.putUnfinished(ended.user, upto, spared, at, encodeEnding(ending))
          return { ended, rows: endPage(statements, ended) }
        }),
      )
    }

    const started = await write(start, until).catch((error) => removeIfFull(error, escapeColumn(userId), spared))
    if (started === null) return notDone
    const { rows } = started
    if (rows.length === rowsPerStep) rows.push(...(await finish(started.ended)))
    const ended = rows.filter(({ version }) => Number(version) === 1).map(({ id }) => id as string)
    return { isDone: true, ended, isConfirmed: true }
  }

  /** Turns the remaining rows into endings. Waits for other processes without a limit, because the sessions have ended. */
  async function finish(ended: Ended): Promise<Row[]> {
    const rows: Row[] = []
    for (;;) {
      const page = await runStep((statements) => endPage(statements, ended), Infinity)
      rows.push(...page)
      if (page.length < rowsPerStep) return rows
    }
  }

  /** Finishes what processes that died have left. */
  async function finishAbandoned(): Promise<void> {
    for (;;) {
      const [row] = await read(() => {
        const { connection, statements } = prepare()
        return connection.read(() => statements.selectUnfinished(Date.now() - abandonedMs))
      })
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
