import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { MiddlewareHandler } from 'hono'
import { gzipSync } from 'node:zlib'
import { paths } from './paths.ts'

const files = {
  style: loadPublicFile('organizer.css', 'text/css; charset=utf-8'),
  script: loadPublicFile('organizer.js', 'text/javascript; charset=utf-8'),
  idle: loadPublicFile('idle.js', 'text/javascript; charset=utf-8'),
  ended: loadPublicFile('ended.js', 'text/javascript; charset=utf-8'),
  search: loadPublicFile('search.js', 'text/javascript; charset=utf-8'),
  typed: loadPublicFile('typed.js', 'text/javascript; charset=utf-8'),
  icon: loadPublicFile('icon.svg', 'image/svg+xml'),
}

/** The path of each file that pages load. It contains a hash of the content, so browsers may cache it forever. */
export const assets: Readonly<Record<keyof typeof files, string>> = {
  style: files.style.path,
  script: files.script.path,
  idle: files.idle.path,
  ended: files.ended.path,
  icon: files.icon.path,
  search: files.search.path,
  typed: files.typed.path,
}

const byPath = new Map(Object.values(files).map((file) => [file.path, file]))

/** Serves the files that pages load. */
export const serveAssets: MiddlewareHandler = async (c, next) => {
  const file = byPath.get(c.req.path)
  if (!file) return next()
  const isGzip = /\bgzip\b/.test(c.req.header('accept-encoding') ?? '')
  return c.body(isGzip ? file.gzip : file.bytes, 200, {
    'Content-Type': file.type,
    'Cache-Control': 'public, max-age=31536000, immutable',
    Vary: 'Accept-Encoding',
    ...(isGzip && { 'Content-Encoding': 'gzip' }),
  })
}

function loadPublicFile(name: string, type: string) {
  const bytes = new Uint8Array(readFileSync(new URL(`../public/${name}`, import.meta.url)))
  const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 10)
  return { path: `${paths.assets}/${hash}/${name}`, type, bytes, gzip: new Uint8Array(gzipSync(bytes)) }
}
