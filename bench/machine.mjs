import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'

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
  }
}

// Read as a file, since most packages do not export theirs.
function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')).version
}
