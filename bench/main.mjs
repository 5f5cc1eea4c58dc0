import { readOptions } from './options.mjs'

const { sections, rounds, quick, million, write } = readOptions(process.argv.slice(2))

// Imported now, since --help is there without the peers.
const { note, progress } = await import('./progress.mjs')
const { document } = await import('./document.mjs')
const { findEngine } = await import('./engines/find.mjs')
const tables = { primitive: null, requests: null, stores: null, redis: null, postgres: null }
const has = (engine) => sections.includes(engine) && isThere(engine)
const parts = { redis: has('redis'), postgres: has('postgres') }
if (sections.includes('primitive')) {
  const { primitive } = await import('./primitive.mjs')
  const { primitiveTables } = await import('./primitive-tables.mjs')
  const all = rounds * 3
  tables.primitive = primitiveTables(await primitive({ rounds: all, quick, onRound: progress('primitive', all) }))
}
if (sections.includes('requests')) {
  const { requests } = await import('./requests.mjs')
  const { requestTables } = await import('./request-tables.mjs')
  tables.requests = requestTables(await requests({ rounds, quick, onRound: progress('requests', rounds) }))
}
if (sections.includes('stores')) {
  const { stores } = await import('./stores.mjs')
  const { storeTables } = await import('./store-tables.mjs')
  const told = { onRound: progress('stores', rounds), note: (text) => note('stores', text) }
  tables.stores = storeTables(await stores({ rounds, quick, million, ...told }))
}
if (parts.redis) {
  const { redis } = await import('./redis/index.mjs')
  const { redisTables } = await import('./redis/tables.mjs')
  const told = { progress: (what, of) => progress(`redis, ${what}`, of), note: (text) => note('redis', text) }
  tables.redis = redisTables(await redis({ rounds, quick, ...told }))
}
for (const engine of ['redis', 'postgres'].filter((engine) => parts[engine])) {
  const { serverStores } = await import('./server-stores.mjs')
  const { serverStoreTables } = await import('./server-store-tables.mjs')
  const told = { onRound: progress(`${engine}, stores`, rounds), note: (text) => note(engine, text) }
  const text = serverStoreTables(engine, await serverStores(engine, { rounds, quick, million, ...told }))
  tables[engine] = [tables[engine], text].filter((part) => part !== null).join('\n\n')
}

const text = document({ rounds, ...tables })
console.log(text)
if (write) {
  const { writeFileSync } = await import('node:fs')
  writeFileSync(new URL('../docs/performance.md', import.meta.url), text)
  console.error('docs/performance.md is written.')
}

/** Whether the engine is there. Where it is not, its part is left out, but what is written down has to be whole. */
function isThere(engine) {
  const { path, missing } = findEngine(engine)
  if (path !== undefined) return true
  console.error(`The part ${engine} is left out. ${missing}`)
  if (write) process.exit(2)
  return false
}
