import type { LogicalTime } from '../../core/logical-time.ts'
import type { KoaRecord, LoadedRecord, Records, StoreInfo } from './records.ts'

/** How to save a session in a store. */
interface RecordSave {
  readonly key: string
  readonly record: KoaRecord
  readonly maxAge: number | 'session'
  readonly info: StoreInfo
  /** The result of `load`; `null` if the key is new. */
  readonly loaded: LoadedRecord | null
  readonly opening: LogicalTime | undefined
  /** The key that the session had until now. If `mustLive`, the new key is refused if the session has ended meanwhile. */
  readonly former: { readonly key: string; readonly mustLive: boolean } | null
}

/** Saves a session, and then ends the key that it had before. Returns `null` if it has ended meanwhile. */
export async function saveRecord(store: Records, save: RecordSave): Promise<LoadedRecord | null> {
  const { key, record, maxAge, info, loaded, opening, former } = save
  // The store must have it for longer than the browser.
  const storeMaxAge = maxAge === 'session' ? maxAge : maxAge + 10_000
  const saved = await store.save(key, record, storeMaxAge, info, loaded, opening)
  if (saved === null || former === null) return saved
  let isOver = true
  try {
    isOver = !(await endFormer(store, former, storeMaxAge, info))
  } finally {
    // No response has sent the new key yet.
    if (isOver) await store.end(key, info)
  }
  return isOver ? null : saved
}

/** Ends the session that got a new key. Returns `false` if it had ended before. */
async function endFormer(
  store: Records,
  { key, mustLive }: NonNullable<RecordSave['former']>,
  maxAge: unknown,
  info: StoreInfo,
): Promise<boolean> {
  if (mustLive) return store.endLive(key, maxAge, info)
  // A guest's session that lives on opens nothing of the user who has signed in.
  await store.end(key, info).catch(() => {})
  return true
}
