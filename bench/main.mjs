// A part of the bench has a folder with the list of what it measures, `subjects.mjs`, and `index.mjs`, which prepares its
// cases. Each subject runs in a process of its own (`run/subjects.mjs`). `run/rounds.mjs` measures the cases of a part,
// round by round. `page/` renders tables, docs/performance.md and its chart.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { help, readOptions } from './run/options.mjs'

let options
try {
  options = readOptions(process.argv.slice(2))
  if (options.help) {
    console.log(help)
    process.exit(0)
  }
} catch (error) {
  console.error(`${error.message}\nSee npm run bench -- --help`)
  process.exit(2)
}
// These handlers let `exit` listeners run, which end the servers and remove their folders.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))

// Imported here, so that --help works before the packages are installed.
const { runSections } = await import('./run/run.mjs')
const { renderComparison } = await import('./page/comparison.mjs')
const { writePage } = await import('./page/page.mjs')
const { renderTables } = await import('./page/tables.mjs')

const run = await runSections(options).catch((error) => {
  console.error(`\n${error.message}`)
  process.exit(1)
})
if (!options.quick) {
  const cache = fileURLToPath(new URL('../.cache/', import.meta.url))
  mkdirSync(cache, { recursive: true })
  writeFileSync(`${cache}bench.json`, JSON.stringify({ ...run, figures: run.figures.entries() }))
}
if (options.against) console.log(renderComparison(run.figures, options.against))
else for (const [name, text] of Object.entries(renderTables(run))) if (text) console.log(`${name}\n\n${text}\n`)
if (options.write) writePage(run)
