import { sqliteStore } from 'sojourn/sqlite'
import { openSqlite } from '../../src/data/sqlite.ts'
import { openBrowser, secret, startApp } from './app.ts'

/** Starts the application with a store that fails while `state.isDown`, and signs Ada in. */
export async function startWithFickleStore(unconfirmedFor: number) {
  const kept = sqliteStore(await openSqlite(':memory:'))
  const state = { isDown: false }
  const { name, ...verbs } = kept
  const failing = Object.entries(verbs).map(([verb, ask]) => [
    verb,
    async (...args: unknown[]) => {
      if (state.isDown) throw new Error('read ECONNRESET')
      return (ask as (...all: unknown[]) => unknown)(...args)
    },
  ])
  const store = { name, ...Object.fromEntries(failing) } as typeof kept
  const started = await startApp({
    sessions: { secrets: [secret], store, unconfirmedFor },
  })
  const browser = openBrowser(started.app)
  await browser.signIn()
  return { ...started, state, browser }
}
