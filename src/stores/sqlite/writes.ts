import type {
  CreateOptions,
  CreateResult,
  Ending,
  Held,
  RecordChange,
  SessionKey,
  SessionLimit,
  SessionRecord,
} from '../store.ts'
import type { Row, SqlValue } from './database.ts'
import { buildMergePatch, changeValues, endingValues, escapeColumn, keyValues, recordValues } from './rows.ts'
import type { Prepared, Statements } from './statements.ts'

// Each function is one atomic step, and throws at once if another process has the database locked.

/** When a request was opened, by the clock of this machine. The wait for a lock does not count. */
export type OpenedAt = number | null

/** The conditions of a `create`, with an instant instead of a duration. */
export type CreateConditions = Omit<CreateOptions, 'openedAt'> & { readonly openedAt: OpenedAt }

export const openedAt = ({ openedAt: moment }: Pick<CreateOptions, 'openedAt'>): OpenedAt =>
  // The clock has whole milliseconds, so two readings may differ by one too much.
  moment === undefined ? null : Date.now() - (performance.now() - moment) - 1

export function createRecord(prepared: Prepared, record: SessionRecord, conditions: CreateConditions): CreateResult {
  const { connection, statements } = prepared
  const values = recordValues(record)
  if (record.userId === null)
    return connection.write(() => (statements.insert(null, ...values).length === 1 ? created : taken))
  const create = (mayEnd: boolean) => () =>
    connection.transaction(() => createForUser(statements, record, values, conditions, mayEnd))
  // Endings must be on the disk, and the level of a transaction cannot be changed after its start.
  return connection.write(create(false)) ?? connection.writeThrough(create(true))!
}

/** Returns `null`, having written nothing, if other sessions have to end but may not. */
function createForUser(
  statements: Statements,
  record: SessionRecord,
  values: SqlValue[],
  conditions: CreateConditions,
  mayEnd: boolean,
): CreateResult | null {
  const { limit } = conditions
  const user = keyValues(record)[1]
  const [state] = statements.selectState(...cutoffConditions(record, conditions), user)
  let ended: Row[] = []
  const isWithinLimit = limit === undefined || Number(state!['count']) < limit.max
  if (Number(state!['is_cut_off']) === 1 || !isWithinLimit) {
    if (statements.selectId(record.id).length > 0) return taken
    if (Number(state!['is_cut_off']) === 1) return cutOff
    const excess = countExcess(statements, record, limit!)
    if (excess > 0 && limit!.ending === null) return full
    if (excess > 0 && !mayEnd) return null
    if (excess > 0) ended = statements.endOldest(...endingValues(limit!.ending!), user, record.lastSeenAt, excess)
  }
  const seq = state!['upto'] === null ? null : nextSeq(statements, Number(state!['upto']))
  if (statements.insert(seq, ...values).length === 0) return taken
  return { result: 'created', ended: ended.map(({ id }) => id as string) }
}

const created: CreateResult = { result: 'created', ended: [] }
const taken: CreateResult = { result: 'taken', ended: [] }
const cutOff: CreateResult = { result: 'cut-off', ended: [] }
const full: CreateResult = { result: 'full', ended: [] }

/** Returns the values of the conditions of a cutoff. */
export function cutoffConditions(
  key: SessionKey,
  { openedAt, beganAt }: Pick<CreateConditions, 'openedAt' | 'beganAt'>,
): SqlValue[] {
  const [id, user] = keyValues(key)
  return [user, id, openedAt, beganAt ?? null]
}

/** Returns a number that no row has, and none had that belongs to an `endAll` which is unfinished. */
const nextSeq = ({ lastSeq }: Statements, upto: number): number => Math.max(Number(lastSeq()[0]!['seq']), upto) + 1

/** Returns by how many the user's sessions exceed the limit if the record is added. */
function countExcess(
  { countOfUser }: Statements,
  { userId, lastSeenAt }: SessionRecord,
  { max }: SessionLimit,
): number {
  const [row] = countOfUser(escapeColumn(userId!), lastSeenAt)
  return Number(row!['count']) + 1 - max
}

export function updateRecord(
  { connection, statements }: Prepared,
  key: SessionKey,
  held: Held,
  change: RecordChange,
): number | null {
  const nextVersion = change.version ?? null
  const patch = buildMergePatch(change)
  const values = changeValues(change)
  const heldValues = [...keyValues(key), escapeColumn(held.secretHash), held.version ?? null]
  const update = (): Row[] =>
    patch === null && nextVersion === null
      ? statements.touch(...values, ...heldValues)
      : statements.change(...values, nextVersion, patch === null ? 0 : 1, patch ?? '{}', ...heldValues)
  // A renewal is on the disk before it returns: otherwise a loss of power would make the old cookie valid again.
  const [row] = change.secretHash === undefined ? connection.write(update) : connection.writeThrough(update)
  return row === undefined ? null : Number(row['version'])
}

export function endRecord({ connection, statements }: Prepared, key: SessionKey, ending: Ending): boolean {
  const values = keyValues(key)
  return connection.writeThrough(() => {
    try {
      return statements.putEnding(...endingValues(ending), ...values).length === 1
    } catch (error) {
      if (!isFull(error)) throw error
      return statements.remove(...values).length === 1
    }
  })
}

/** Returns whether a driver's error says that the disk is full. Drivers use different codes for it. */
export const isFull = (error: unknown): boolean => /\bfull\b/i.test(String(error))
