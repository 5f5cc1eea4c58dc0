import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'rolldown'

const root = fileURLToPath(new URL('../../..', import.meta.url))
// The first ones need sockets, files or flags of V8, and the others replace the timers.
const left = [
  'test/core/errors.test.ts',
  'test/cookies/cookie-jar-token-cache.test.ts',
  'test/formats/default-format.test.ts',
  'test/formats/development-secret.test.ts',
  'test/formats/sealed-golden.test.ts',
  'test/session/confirmed-within.test.ts',
  'test/session/own-timeouts.test.ts',
  'test/session/session-limits.test.ts',
]
const names = ['test/core', 'test/cookies', 'test/formats', 'test/session']
  .flatMap((folder) => readdirSync(`${root}/${folder}`).map((name) => `${folder}/${name}`))
  .filter((name) => name.endsWith('.test.ts') && !left.includes(name))

/** A module with a function for each file that loads it. */
const files = {
  name: 'test-files',
  resolveId: (id) => (id === 'test-files' ? id : null),
  load: (id) =>
    id === 'test-files'
      ? `export const files = { ${names.map((name) => `'${name}': () => import('${root}/${name}')`)} }`
      : null,
}

export default defineConfig({
  input: 'test/worker.mjs',
  platform: 'node',
  plugins: [files],
  resolve: { alias: { vitest: fileURLToPath(new URL('vitest.mjs', import.meta.url)) } },
  output: { file: 'build/test.mjs', format: 'esm', codeSplitting: false },
})
