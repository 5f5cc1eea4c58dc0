import { escapeHidden, paintFor } from '../terminal.ts'
import { openStore, toCommandError } from './open-store.ts'
import { createProgressBar } from './progress-bar.ts'
import type { OpenedLocation, StoreLocation } from './types.ts'
import { createWatchdog } from './watchdog.ts'

/** Counts the sessions that were read, for the progress bar. */
export type CountRead = (done: number) => void

/**
 * Opens a store, and closes it after `work`. Ends with a CommandError on Ctrl-C, or if the store does not respond for a minute.
 *
 * @param readOnly whether nothing must be changed
 */
export async function withStore<Value>(
  location: StoreLocation,
  readOnly: boolean,
  work: (opened: OpenedLocation, countRead: CountRead) => Promise<Value>,
): Promise<Value> {
  const progressBar = createProgressBar(process.stderr, paintFor(process.stderr))
  const watchdog = createWatchdog(readOnly ? 'Nothing was changed.' : 'The change may have been made.')
  let opened: OpenedLocation | null = null
  try {
    return await watchdog.runWatched(async () => {
      watchdog.recordActivity(escapeHidden(location.name))
      opened = await openStore(location, null, readOnly)
      const value = await work(opened, (done) => {
        watchdog.recordActivity(escapeHidden(location.name))
        progressBar.show({ step: 'reading', done, total: null })
      })
      progressBar.clear()
      return value
    })
  } catch (error) {
    throw toCommandError(error, `${escapeHidden(location.name)}: `, location.name)
  } finally {
    progressBar.clear()
    const closing = opened as OpenedLocation | null
    if (closing !== null) await watchdog.waitForClose(Promise.allSettled([(async () => closing.close())()]))
  }
}
