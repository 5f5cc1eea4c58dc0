import { it } from 'vitest'
import { runSchedules } from '../../../src/testing/simulation/run-schedules.ts'
import { openForServers } from '../../../src/testing/simulation/simulate.ts'
import { sqliteFiles } from '../../support/sqlite-files.ts'

const { opened } = sqliteFiles()
const seed = Number(process.env['SEED'] ?? 1)
const repeat = (failed: number): string => `SEED=${failed} npm run drills -- simulation/sqlite`

// There is no network, so the faults are played between the library and the store.
it('keeps every promise in 200 schedules with SQLite, in real time', { timeout: 300_000 }, async () => {
  const open = () => {
    const first = opened()
    const all = [first]
    const another = () => {
      const other = opened(first.file)
      all.push(other)
      return other.store
    }
    return { store: first.store, another, close: () => all.forEach(({ db }) => db.close()) }
  }
  await runSchedules(async (servers) => openForServers(open, servers), { schedules: 200, seed, atOnce: 100 }, repeat)
})
