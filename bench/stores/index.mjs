import { startDatabases, syncDisks } from '../databases.mjs'
import { formatNumber } from '../page/markdown.mjs'
import { isOurs } from '../run/subjects.mjs'

const million = 1_000_000
const warmUps = 1000 // calls of each operation, in which the store's code is compiled
const calls = { SQLite: 200, Redis: 100, Valkey: 100, Postgres: 50 } // of each operation in one measurement

/** Measures stores by themselves, with ten thousand sessions, a hundred thousand, and perhaps a million. */
export async function prepare({ variants, quick, sizes, figures, report, start, atEnd }) {
  const { databases, versions } = await startDatabases(variants, atEnd)
  const cases = []
  const largest = []

  /** Starts a store in an empty place, and adds sessions. */
  async function fill(variant, count, size, column) {
    const database = databases[variant.database]
    const place = await database.createPlace()
    const store = await start(variant, { place })
    report(`${store.row}: adding ${formatNumber(count)} sessions`)
    const before = await database.readBytes(place)
    await store.call('fill', count, size)
    figures.add('stores', store.row, { [column]: ((await database.readBytes(place)) - before) / count })
    return store
  }

  for (const variant of variants) {
    const large = await fill(variant, quick ? 500 : 5000, 'large', 'bytes, 1 KB')
    large.end()
    const hasMillion = isOurs(variant) && ['SQLite', 'Redis'].includes(variant.database)
    const own = sizes.filter((size) => size < million || hasMillion)
    for (const size of own) {
      const store = await fill(variant, size, 'small', `bytes, ${formatNumber(size)}`)
      await store.call('measure', quick ? 10 : warmUps)
      const measure = async () => {
        const columns = await store.call('measure', quick ? 10 : calls[variant.database])
        return Object.fromEntries(Object.entries(columns).map(([name, us]) => [`${name}, ${formatNumber(size)}`, us]))
      }
      cases.push({ row: variant.row, measure })
      if (variant.database === 'SQLite' && size === own.at(-1)) largest.push(store)
    }
  }
  for (const { waitForDisk } of Object.values(databases)) await waitForDisk?.()
  syncDisks()

  async function sweep() {
    const expired = quick ? 1000 : 100_000
    for (const { row, call } of largest) {
      report(`${row}: sweeping ${formatNumber(expired)} sessions`)
      await call('fillExpired', expired)
      syncDisks() // without it, the first checkpoint of the sweep would wait for all that the fill has written
      figures.add('stores', row, await call('sweep'))
    }
  }
  return { cases, versions, afterwards: sweep }
}
