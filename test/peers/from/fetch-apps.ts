import { serve } from '@hono/node-server'
import { vi } from 'vitest'

/** The request that an application of the suite answers. */
export interface Route {
  readonly action: 'sign-in' | 'cart' | 'flash' | 'read'
  readonly argument: string
}

export function readRoute(request: Request): Route {
  const [action = '', argument = ''] = new URL(request.url).pathname.slice(1).split('/')
  return { action: action === '' ? 'read' : (action as Route['action']), argument }
}

/** Starts a server that answers with the function. */
export async function startFetch(fetch: (request: Request) => Promise<Response>) {
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const started = serve(
      { fetch: (request: Request) => fetch(request), port: 0, hostname: '127.0.0.1', overrideGlobalObjects: false },
      () => resolve(started),
    )
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise<void>((resolve) => {
        if ('closeAllConnections' in server) server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

/** An application's session: its data, and how it is written. */
export interface KeptSession {
  readonly data: Record<string, any>
  /** Writes the session, and resolves to the `Set-Cookie` lines. */
  save(): Promise<readonly string[]>
}

/** Starts an application with the routes of the suite. `load` opens the session of a request. */
export async function startApp(load: (request: Request) => Promise<KeptSession>) {
  return startFetch(async (request) => {
    const { action, argument } = readRoute(request)
    const { data, save } = await load(request)
    if (action === 'sign-in') data['userId'] = argument
    if (action === 'cart') data['cart'] = [...(data['cart'] ?? []), argument]
    const lines = action === 'read' ? [] : await save()
    const headers = lines.map((line): [string, string] => ['Set-Cookie', line])
    return Response.json({ userId: data['userId'], cart: data['cart'] }, { headers })
  })
}

/** Moves the date on, by seconds. The suite sets it right after each test. */
export function advance(seconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 })
}
