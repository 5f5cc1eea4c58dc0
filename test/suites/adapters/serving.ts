import { afterEach, beforeEach, onTestFinished, vi } from 'vitest'
import type { SessionsOptions } from '../../../src/index.ts'
import { readSetCookie } from '../../support/browser.ts'
import { world, type World } from '../../support/sessions.ts'
import type { Arrange } from './arrangements.ts'
import { ask, type Asking, type Got } from './client.ts'
import type { Around, Host, Routes } from './host.ts'

/** The parameters of a part of the suite. */
export interface Given {
  host: Host
  arrange: Arrange
}

export interface Serving extends World {
  port: number
  ask(path: string, asking?: Asking): Promise<Got>
}

/** Serves routes until the test is over. */
export async function serving(
  { host, arrange }: Given,
  routes: Routes,
  { around, ...options }: SessionsOptions & { around?: Around } = {},
): Promise<Serving> {
  const visited = world(options)
  const served = await host.serve(arrange(visited.sessions), routes, around)
  onTestFinished(() => served.close())
  return { ...visited, port: served.port, ask: (path, asking) => ask(served.port, path, asking) }
}

/** The names of an answer's cookies, one for each `Set-Cookie`; `-` in front of those that it deletes. */
export const cookieNames = ({ headers }: Pick<Got, 'headers'>): string[] =>
  headers
    .getSetCookie()
    .map(readSetCookie)
    .map(({ name, value }) => (value === '' || value === undefined ? `-${name}` : name))

/** The cache headers of a response. */
export const privacyOf = ({ headers }: Pick<Got, 'headers'>) => ({
  vary: headers.get('Vary'),
  cacheControl: headers.get('Cache-Control'),
})

/** The uncaught errors of the process, until the test is over. */
export function uncaught(): unknown[] {
  const seen: unknown[] = []
  const see = (error: unknown): void => void seen.push(error)
  process.on('unhandledRejection', see).on('uncaughtException', see)
  onTestFinished(() => void process.off('unhandledRejection', see).off('uncaughtException', see))
  return seen
}

/** A promise, and what resolves it. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => void (open = resolve))
  return { opened, open: () => open() }
}

/** Keeps what is meant for who runs the server off the console: the errors that tests cause, and that they use no https. */
export function quiet(): void {
  beforeEach(() => {
    for (const method of ['error', 'warn'] as const) vi.spyOn(console, method).mockImplementation(() => {})
  })
  afterEach(() => void vi.restoreAllMocks())
}
