import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

const checkout = process.env.BENCH_CHECKOUT ?? fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(`${checkout}/package.json`)

/** Imports `sojourn` or `sojourn/…` of the revision that this process measures. */
export const importSojourn = (name) => import(pathToFileURL(require.resolve(name)).href)

export const secret = 'a secret of the bench, which is not secret at all'

const cookie = { secure: false }

/** @param {object} [options] more options of `createSessions` */
export async function createSealed(options) {
  const { createSessions } = await importSojourn('sojourn')
  return createSessions({ secrets: [secret], cookie, ...options })
}

export async function createFlask() {
  const { createSessions } = await importSojourn('sojourn')
  const { flaskFormat } = await importSojourn('sojourn/flask')
  return createSessions({ format: flaskFormat({ secretKey: secret }), cookie })
}
