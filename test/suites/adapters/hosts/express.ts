import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import express5, { type Response } from 'express'
import { sojourn } from '../../../../src/adapters/express.ts'
import { nothingAround, serveListener, type Answer, type Host } from '../host.ts'
import { bodyOf, userOf } from './node.ts'

export type Express = typeof express5

// Its types are those of Express 5.
const express4 = createRequire(import.meta.url)('express4') as Express

export const expresses = [
  ['Express 5', express5],
  ['Express 4', express4],
] as const

export const express5Host = expressHost('Express 5', express5)
export const express4Host = expressHost('Express 4', express4)

function expressHost(name: string, express: Express): Host {
  return {
    name,
    showsErrors: true, // outside of production
    serve(sessions, routes, around = nothingAround) {
      const app = express()
      app.use((req, _, next) => around(userOf(req), next))
      app.use(sojourn(sessions))
      for (const [path, handle] of Object.entries(routes)) {
        app.all(path, (req, res, next) => {
          const asked = { user: userOf(req), body: () => bodyOf(req) }
          const work = async (): Promise<void> => send(res, await handle(req.session, asked))
          // Express 4 knows of no promises.
          return express === express4 ? passing(work, next) : work()
        })
      }
      return serveListener(app)
    },
  }
}

/** Passes on what asynchronous work rejects with. */
export async function passing(work: () => unknown, next: (error: unknown) => void): Promise<void> {
  try {
    await work()
  } catch (error) {
    next(error)
  }
}

export function send(res: Response, { status = 200, headers = [], body = '', redirect }: Answer): void {
  if (redirect !== undefined) return res.redirect(redirect)
  res.status(status)
  for (const [name, value] of headers) res.append(name, value)
  if (typeof body === 'string') res.send(body)
  else Readable.from(body()).pipe(res)
}
