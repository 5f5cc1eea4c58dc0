import type { MiddlewareHandler } from 'hono'
import { compress } from 'hono/compress'

const compressed = compress({ encoding: 'gzip', contentTypeFilter: /^text\/html/ })

/**
 * Compresses pages, except those that repeat text of their request. An attacker who chooses text of a page and sees the
 * length of the response could guess the form token that the page contains (BREACH). Text comes in a query, such as that of
 * a search, or in a posted form. All other text of a page is the user's own, or that of a message.
 */
export const compressPages: MiddlewareHandler = (c, next) =>
  c.req.method === 'GET' && !c.req.url.includes('?') ? compressed(c, next) : next()
