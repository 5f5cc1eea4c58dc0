import { changeRecord, copyEnding, liveRecord, liveRecords, planCreate, planEndAll } from '../memory-unit.ts'
import type {
  CreateOptions,
  CreateResult,
  EndAllResult,
  Ending,
  Held,
  RecordChange,
  SessionInfo,
  SessionRecord,
  SparedSession,
} from '../store.ts'
import type { StoredUnit } from './stored-unit.ts'

/**
 * The calls that an object answers. Each is one atomic step, because none awaits anything.
 *
 * @param unit the object's unit
 * @param args what the store sent. `openedAt` in it is an instant of the object's clock, in epoch milliseconds.
 * @param now the object's clock, in epoch milliseconds
 */
export const calls = {
  create(unit: StoredUnit, { record, options }: { record: SessionRecord; options: CreateOptions }): CreateResult {
    const plan = planCreate(unit, record, options)
    if (plan.result !== 'created') return plan
    for (const id of plan.ended) unit.put(id, copyEnding(options.limit!.ending!))
    unit.put(record.id, record)
    unit.pruneEndings()
    return plan
  },

  read: ({ entries }: StoredUnit, { id }: { id: string }): SessionRecord | Ending | null => entries.get(id) ?? null,

  update(unit: StoredUnit, { id, held, change }: { id: string; held: Held; change: RecordChange }): number | null {
    const record = changeRecord(unit, id, held, change)
    if (record === null) return null
    unit.put(id, record)
    return record.version
  },

  end(unit: StoredUnit, { id, ending }: { id: string; ending: Ending }): boolean {
    if (liveRecord(unit.entries, id) === undefined) return false
    unit.put(id, copyEnding(ending))
    return true
  },

  endAll(
    unit: StoredUnit,
    { ending, except }: { ending: Ending; except: SparedSession | null },
    now: number,
  ): EndAllResult {
    const others = planEndAll(unit, except)
    if (others === null) return { isDone: false, ended: [], isConfirmed: true }
    unit.putCutoff({ at: now, spared: except?.id ?? null, expiresAt: ending.expiresAt })
    for (const { id } of others) unit.put(id, copyEnding(ending))
    const ended = others.filter(({ expiresAt }) => expiresAt > ending.endedAt).map(({ id }) => id)
    return { isDone: true, ended, isConfirmed: true }
  },

  list: ({ entries }: StoredUnit): SessionInfo[] => [...liveRecords(entries)],
}

type Calls = typeof calls

/** Each call by its name: its arguments and its answer. */
export type CallTypes = {
  [Name in keyof Calls]: { readonly args: Parameters<Calls[Name]>[1]; readonly answer: ReturnType<Calls[Name]> }
}

/** A call, as the store sends it to an object. */
export interface ObjectCall {
  readonly name: keyof Calls
  readonly args: unknown
  /** The instant at which the caller stops waiting, in epoch milliseconds. */
  readonly until?: number | undefined
  /** Whether the call has an `openedAt`, so that a unit with a cutoff answers with the object's clock alone. */
  readonly needsClock?: boolean | undefined
}

/** The reply of an object. Without an `answer`, it did nothing: the call was late, or needs the object's clock. */
export interface ObjectReply<Answer = unknown> {
  /** The object's clock when it did the call, in epoch milliseconds. */
  readonly now: number
  readonly answer?: Answer
}
