/** An instant that has not come. */
export const never = Infinity

/** A write of one key. `undefined` as value removes it. */
export interface Write {
  readonly key: string
  readonly value: string | undefined
  readonly startedAt: number
  /** When its request was opened. Changes that two servers keep in cookies are ordered by it. */
  readonly openedAt: number
  /**
   * Whether the key was missing before, or may be missing because a removal was not answered. A change that a cookie keeps is then also
   * written if the key is missing later.
   */
  readonly isFirst: boolean
  /** When it was answered. It is not done later, except from a cookie, and then it replaces nothing newer. */
  answeredAt: number
  /** Since when it must be there. */
  isSureSince: number
  /** The request has failed by itself, so this is never seen. */
  readonly isDropped: boolean
  /** It was made during an outage, and an event has said that it was not kept, or a failover may have undone it. */
  isRefused: boolean
  /** It was answered during an outage, and a cookie keeps it until the store has it. */
  isKept: boolean
  /** A failover may have undone it. Only cookies from before have it then. */
  isUndone: boolean
}

/** The values of one session that people were promised. */
export interface Values {
  readonly writes: readonly Write[]
  /** @param before the value that it replaces */
  start(
    key: string,
    value: string | undefined,
    at: number,
    openedAt: number,
    before?: string,
    isDropped?: boolean,
  ): Write
  find(value: string): Write | undefined
  /**
   * Returns the write that a read should have shown instead of a value, if it is wrong. A change that one server keeps is ordered with the
   * cookies of another by when the requests were opened, by the clocks of these servers. A change that a cookie kept is written if the
   * key is as it was before, also if it was changed and removed since.
   */
  findNewer(
    key: string,
    value: string | undefined,
    openedAt: number,
    skewMs: number,
    carried?: Write,
  ): Write | undefined
  /** `refused` of these keys: an outage's changes were dropped, and said so. */
  refuse(keys: readonly string[]): void
  /**
   * Nothing that was answered after an instant is sure.
   *
   * @param wasSaved whether the store has taken a write since then, also from a cookie
   */
  rollBack(until: number, wasSaved: (write: Write) => boolean): void
}

export function createValues(): Values {
  const writes: Write[] = []
  const find = (value: string): Write | undefined => writes.find((write) => write.value === value)
  const wasRemovedAfter = ({ key, startedAt }: Write): boolean =>
    writes.some((each) => each.key === key && each.value === undefined && each.answeredAt >= startedAt)

  return {
    writes,
    find,
    start(key, value, at, openedAt, before, isDropped = false) {
      const replaced = before === undefined ? undefined : find(before)
      const isRemoval = (write: Write): boolean =>
        write.key === key && write.value === undefined && write.isSureSince === never
      const write = {
        key,
        value,
        startedAt: at,
        openedAt,
        isFirst: before === undefined || (replaced?.isKept && replaced.isFirst) || writes.some(isRemoval),
        answeredAt: never,
        isSureSince: never,
        isDropped,
        isRefused: false,
        isKept: false,
        isUndone: false,
      }
      writes.push(write)
      return write
    },
    findNewer(key, value, openedAt, skewMs, carried) {
      const shown = value === undefined ? undefined : find(value)
      // No value: the initial state, or the last of the writes that removed the key.
      const removals = value === undefined ? writes.filter((each) => each.key === key && each.value === undefined) : []
      const seen = shown === undefined ? Math.max(-1, ...removals.map(endOf)) : endOf(shown)
      const isShownKept = shown === undefined ? removals.some(({ isKept }) => isKept) : shown.isKept
      return writes.find(
        (write) =>
          write.key === key &&
          write.value !== value &&
          ((write === carried && !write.isRefused) || write.isSureSince <= openedAt) &&
          ((write.isKept || write === carried) && isShownKept
            ? write.openedAt > seen + skewMs
            : write.startedAt > seen) &&
          !(shown?.isKept && shown.isFirst && wasRemovedAfter(write)),
      )
    },
    refuse(keys) {
      for (const write of writes) if (keys.includes(write.key) && write.isSureSince === never) write.isRefused = true
    },
    rollBack(until, wasSaved) {
      for (const write of writes) {
        if (write.isSureSince < until) continue
        // A later change that the store has taken settles an earlier one.
        const isSaved = (each: Write): boolean => each.isKept && each.key === write.key && wasSaved(each)
        const wasStored = write.isSureSince !== never || writes.some(isSaved)
        write.isSureSince = never
        write.isUndone = true
        // The store may have had it from a cookie. Then no cookie has it any more, or its process does not write it again.
        if (write.isKept && (wasStored || write.answeredAt < until)) write.isRefused = true
      }
    },
  }
}

const endOf = ({ answeredAt }: Write): number => answeredAt
