import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { findEngine } from './engines/find.mjs'

const packages = [
  'sojourn',
  '@fastify/secure-session',
  'cookie-session',
  'express-session',
  'h3',
  'hono-sessions',
  'iron-session',
  'jose',
  'koa-session',
  'react-router',
  'express',
  'fastify',
  'hono',
  '@hono/node-server',
  'koa',
  'libsql',
  'lmdb',
  'session-file-store',
  'redis',
  'ioredis',
  'connect-redis',
  '@fastify/session',
  'pg',
  'connect-pg-simple',
]

/** What the figures depend on. */
export function machine() {
  const [{ model }, ...others] = cpus()
  const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
  return {
    day: day.format(new Date()),
    cpu: `${others.length + 1} × ${model.trim()}`,
    node: process.version,
    openssl: process.versions.openssl,
    platform: `${process.platform} ${process.arch}`,
    packages: packages.map((name) => `${name} ${versionOf(name)}`),
    engines: Object.entries({ Redis: 'redis', Postgres: 'postgres' }).flatMap(([name, engine]) => {
      const { version } = findEngine(engine)
      return version === undefined ? [] : [`${name} ${version}`]
    }),
  }
}

// Read as a file, since most packages do not export theirs.
function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')).version
}
