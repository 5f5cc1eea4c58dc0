import { createFolders, redisEngines, startBenchPostgres, startBenchRedis, syncDisks } from '../databases.mjs'
import { startSubject } from '../run/subjects.mjs'
import { formatSize } from './fill.mjs'
import { subjects } from './subjects.mjs'

export { subjects }

const module = new URL('subjects.mjs', import.meta.url).href
const million = 1_000_000
const calls = { SQLite: 200, Redis: 100, Valkey: 100, Postgres: 50 } // of each operation in one measurement

/** Measures stores by themselves, with ten thousand sessions, a hundred thousand, and perhaps a million. */
export async function prepare({ variants, quick, sizes, figures, progress, section }) {
  const databases = await startDatabases(new Set(variants.map(({ database }) => database)))
  const ends = [databases.stop]
  const end = async () => {
    for (const each of ends.toReversed()) await each()
  }
  const sizesOf = ({ database, isOurs }) =>
    sizes.filter((size) => size < million || (isOurs && ['SQLite', 'Redis'].includes(database)))

  async function open(variant) {
    const place = await databases.createPlace(variant.database)
    const store = await startSubject(module, variant, place.settings)
    ends.push(store.end)
    return { ...store, readBytes: store.readBytes ?? place.readBytes }
  }

  async function fill(store, count, size, name) {
    progress.step(`${store.row}: adding ${formatSize(count)} sessions`)
    const before = await store.readBytes()
    await store.fill(count, size)
    figures.add(section, store.row, { [name]: ((await store.readBytes()) - before) / count })
  }

  try {
    const largest = []
    const cases = []
    for (const variant of variants) {
      const large = await open(variant)
      await fill(large, quick ? 500 : 5000, 'large', 'bytes, 1 KB')
      large.end()
      for (const size of sizesOf(variant)) {
        const store = await open(variant)
        await fill(store, size, 'small', `bytes, ${formatSize(size)}`)
        const measure = async () =>
          nameBySize(await store.measure(quick ? 10 : calls[variant.database]), formatSize(size))
        cases.push({ row: variant.row, measure })
        if (size === sizesOf(variant).at(-1)) largest.push(store)
      }
    }
    await databases.waitForDisks()
    const afterwards = async () => {
      for (const store of largest.filter(({ row }) => row.includes('SQLite'))) {
        figures.add(section, store.row, await sweep(store, quick ? 1000 : 100_000, progress))
      }
    }
    return { cases, afterwards, versions: databases.versions, end }
  } catch (error) {
    await end()
    throw error
  }
}

const nameBySize = (columns, size) =>
  Object.fromEntries(Object.entries(columns).map(([name, value]) => [`${name}, ${size}`, value]))

/** Without the `sync`, the first checkpoint of the sweep would wait for all that the fill has written. */
async function sweep(store, expired, progress) {
  progress.step(`${store.row}: adding ${formatSize(expired)} expired sessions`)
  await store.fillExpired(expired)
  syncDisks()
  progress.step(`${store.row}: sweeping`)
  return store.sweep()
}

/** Starts the servers that the stores need. Each store gets a folder or a database of its own. */
async function startDatabases(names) {
  const folders = createFolders()
  const redis = {}
  for (const engine of Object.keys(redisEngines)) if (names.has(engine)) redis[engine] = await startBenchRedis(engine)
  const postgres = names.has('Postgres') ? await startBenchPostgres() : null
  await postgres?.setWaitsForDisk(false) // filling would take minutes
  const servers = [...Object.values(redis), ...(postgres ? [postgres] : [])]
  let count = 0
  return {
    versions: servers.map(({ version }) => version),
    async createPlace(database) {
      if (database === 'SQLite') return { settings: { folder: folders.create() } }
      if (database === 'Postgres') return { settings: { postgresUrl: await postgres.createDatabase() } }
      const { url, readMemory } = redis[database]
      return { settings: { redisUrl: `${url}/${++count}` }, readBytes: readMemory }
    },
    async waitForDisks() {
      await postgres?.setWaitsForDisk(true)
      syncDisks()
    },
    async stop() {
      await Promise.all(servers.map(({ stop }) => stop()))
      folders.remove()
    },
  }
}
