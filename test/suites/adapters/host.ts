import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Session, Sessions } from '../../../src/index.ts'

/** The answer of a handler of the suite. Each host sends it in its own way. */
export interface Answer {
  status?: number
  headers?: [string, string][]
  /** Text, or what is streamed. */
  body?: string | (() => AsyncIterable<string>)
  redirect?: string
}

/** The request as a handler of the suite sees it. */
export interface Asked {
  /** The header `X-User`: who the client says it is, apart from any session. */
  user: string | undefined
  body(): Promise<string>
}

export type Handle = (session: Session, asked: Asked) => Answer | Promise<Answer>

/** Handlers by their path. */
export type Routes = Record<string, Handle>

/** Runs a request inside of something of the application, outside of the adapter; it is given `X-User`. */
export type Around = <T>(user: string | undefined, next: () => T) => T

export interface Served {
  port: number
  close(): Promise<void>
}

/** A server framework and its adapter: serves routes over a real socket. */
export interface Host {
  readonly name: string
  /** Whether it sends the message of an error to the client, unless the application has an error handler. */
  readonly showsErrors?: boolean
  serve(sessions: Sessions<any>, routes: Routes, around?: Around): Promise<Served>
}

export const nothingAround: Around = (_, next) => next()

/** Listens on a free port of this machine. */
export async function listening(server: Pick<Server, 'listen' | 'address' | 'close' | 'once'>): Promise<Served> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        if ('closeAllConnections' in server) (server as Server).closeAllConnections()
      }),
  }
}

export const serveListener = (listener: Parameters<typeof createServer>[1]): Promise<Served> =>
  listening(createServer(listener))
