import { readOptions } from './options.mjs'

const { sections, rounds, quick, million, write } = readOptions(process.argv.slice(2))

// Imported now, since --help is there without the peers.
const { note, progress } = await import('./progress.mjs')
const { document } = await import('./document.mjs')
const tables = { primitive: null, requests: null, stores: null }
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

const text = document({ rounds, ...tables })
console.log(text)
if (write) {
  const { writeFileSync } = await import('node:fs')
  writeFileSync(new URL('../docs/performance.md', import.meta.url), text)
  console.error('docs/performance.md is written.')
}
