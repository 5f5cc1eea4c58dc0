import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { secret } from './sample-data.mjs'

const checkout = process.env.BENCH_CHECKOUT ?? fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(`${checkout}/package.json`)

/** Imports `sojourn` or `sojourn/…` of the revision that this process measures. */
export const importSojourn = (name) => import(pathToFileURL(require.resolve(name)).href)

/** @param {object} [options] more options of `createSessions` */
export async function createSealed(options) {
  const { createSessions } = await importSojourn('sojourn')
  return createSessions({ secrets: [secret], cookie: { secure: false }, ...options })
}

export async function createFlask() {
  const { createSessions } = await importSojourn('sojourn')
  const { flaskFormat } = await importSojourn('sojourn/flask')
  return createSessions({ format: flaskFormat({ secretKey: secret }), cookie: { secure: false } })
}
