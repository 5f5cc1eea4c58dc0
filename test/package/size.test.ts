import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { beforeAll, describe, expect, it } from 'vitest'
import { entries } from '../support/package.ts'

/**
 * The most bytes that each import may cost, minified and gzipped. `now` counts all that it loads at once. `later` counts
 * all that it loads with `import()`: for the core, the store backend and the stage of `accept`.
 */
const budgets: Record<string, { now: number; later?: number }> = {
  sojourn: { now: 18_000, later: 14_410 },
  'sojourn/hono': { now: 7_000 },
  'sojourn/express': { now: 9_000 },
  'sojourn/fastify': { now: 9_000 },
  'sojourn/h3': { now: 7_000 },
  'sojourn/koa': { now: 9_000 },
  'sojourn/nest': { now: 10_000 },
  'sojourn/next': { now: 7_500 },
  'sojourn/react-router': { now: 7_000 },
  'sojourn/socket.io': { now: 7_000 },
  'sojourn/sveltekit': { now: 7_000 },
  'sojourn/node': { now: 9_000 },
  'sojourn/fetch': { now: 7_000 },
  'sojourn/flask': { now: 29_000 },
  'sojourn/from/flask': { now: 12_000 },
  'sojourn/from/flask-session': { now: 24_000 },
  'sojourn/compat/express-session': { now: 40_000 }, // with the store backend
  'sojourn/from/express-session': { now: 12_000 },
  'sojourn/from/cookie-session': { now: 4_500 },
  'sojourn/from/fastify-session': { now: 4_500 },
  'sojourn/from/fastify-secure-session': { now: 5_000 },
  'sojourn/from/koa-session': { now: 4_500 },
  'sojourn/from/records': { now: 4_000 },
  'sojourn/from/iron-session': { now: 5_500 },
  'sojourn/from/h3': { now: 5_500 },
  'sojourn/from/auth-js': { now: 5_500 },
  'sojourn/from/better-auth': { now: 5_500 },
  'sojourn/from/lucia': { now: 5_500 },
  'sojourn/from/react-router': { now: 5_500 },
  'sojourn/from/django': { now: 5_500 },
  'sojourn/from/rails': { now: 5_500 },
  'sojourn/compat/cookie-session': { now: 30_000 },
  'sojourn/compat/koa-session': { now: 40_000 }, // with the store backend
  'sojourn/compat/fastify-session': { now: 40_000 },
  'sojourn/compat/fastify-secure-session': { now: 14_000 },
  'sojourn/env': { now: 6_000 }, // the formats and stores that SESSION_TYPE names are loaded later
  'sojourn/memory': { now: 2_500 },
  'sojourn/sqlite': { now: 7_500 },
  'sojourn/redis': { now: 18_000 },
  'sojourn/postgres': { now: 9_600 },
  'sojourn/durable-object': { now: 3_500 },
  'sojourn/d1': { now: 4_500 },
  'sojourn/move': { now: 6_000 },
  'sojourn/testing': { now: 52_000 }, // with the simulation; only tests load it
}

describe.each([...entries])('the size of %s, minified and gzipped', (name, entry) => {
  let size: { now: number; later: number }
  beforeAll(async () => {
    size = await measureBundle(entry.default)
  })

  it('is within its budget', () => {
    expect(size.now).toBeLessThanOrEqual(budgets[name]!.now)
    expect(size.later).toBeLessThanOrEqual(budgets[name]!.later ?? Infinity)
  })
})

/**
 * Bundles an application that uses everything which a file exports. A bundle of the file alone has more chunks, because the bundler
 * must keep the file's exports apart from what it shares with chunks that are loaded later.
 */
async function measureBundle(file: string): Promise<{ now: number; later: number }> {
  const application = {
    name: 'application',
    resolveId: (id: string) => (id === 'application' ? id : null),
    load: (id: string) =>
      id === 'application'
        ? `import * as exported from ${JSON.stringify(resolve(file))}; globalThis.exported = exported`
        : null,
  }
  const bundle = await rolldown({
    input: 'application',
    platform: 'node',
    external: /^(?!\.|\/|application)/,
    plugins: [application],
  })
  const { output } = await bundle.generate({ minify: true })
  const chunks = output.filter((chunk) => chunk.type === 'chunk')
  const loaded = new Set<string>()
  const load = (name: string): void => {
    if (loaded.has(name)) return
    loaded.add(name)
    for (const next of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) load(next)
  }
  load(chunks.find(({ isEntry }) => isEntry)!.fileName)
  const bytesOf = (isNow: boolean) =>
    chunks
      .filter(({ fileName }) => loaded.has(fileName) === isNow)
      .reduce((sum, { code }) => sum + gzipSync(code).length, 0)
  return { now: bytesOf(true), later: bytesOf(false) }
}
