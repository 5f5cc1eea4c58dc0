// Bundles the simulator with the library's sources, because Node 20 does not run TypeScript, and because in one file nothing waits
// for files to load, which the virtual clock could not order.
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const entry = fileURLToPath(new URL('main.ts', import.meta.url))

/**
 * Writes the bundle.
 *
 * @param {string} file
 * @param {ReadonlyMap<string, string>} changed other texts for some sources, by their path
 */
export async function buildSimulator(file, changed = new Map()) {
  const bundle = await rolldown({
    input: entry,
    platform: 'node',
    external: [/^node:/, 'tough-cookie'],
    plugins: [{ name: 'changed', load: (id) => changed.get(id) ?? null }],
    onwarn() {},
  })
  await bundle.write({ file, codeSplitting: false })
  await bundle.close()
}
