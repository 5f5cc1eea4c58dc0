import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { SojournError } from '../errors.ts'
import type { SessionStore } from '../store.ts'
import { memoryStore } from '../stores/memory.ts'
import { CommandError } from './arguments.ts'
import { quoted } from './print.ts'

/** Where sessions are, as it is written for `move`. */
export interface Place {
  /** As it is shown: without a password. */
  readonly name: string
  /** The same for each spelling of one place. */
  readonly key: string
  /**
   * Opens the store there.
   *
   * @param use whether it is read from, written to, or looked at: then nothing is made
   */
  open(use: Use): Promise<OpenedPlace>
}

export type Use = 'from' | 'to' | 'look'

export interface OpenedPlace {
  readonly store: SessionStore
  close(): unknown
}

/** @throws CommandError for what names no place; what it says holds no password */
export function placeOf(text: string): Place {
  if (text.startsWith('sqlite:')) return sqlite(text.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, ''))
  const url = URL.canParse(text) ? new URL(text) : null
  if (url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '') return redis(text, url)
  if (url !== null && /^postgres(ql)?:$/.test(url.protocol)) return postgres(text, url)
  // Not shown: it may be a URL that is not quite one, with a password in it.
  throw new CommandError(
    2,
    `Sessions are in sqlite:FILE, redis://HOST:PORT or postgres://HOST/DATABASE; ${seen(text)} is none of these.`,
  )
}

const seen = (text: string): string => (/[@:/]/.test(text) ? 'what you wrote' : quoted(text))

function sqlite(file: string): Place {
  if (file === '') throw new CommandError(2, 'sqlite: needs a file, such as sqlite:sessions.db.')
  const name = `sqlite:${file}`
  return {
    name,
    key: `sqlite:${resolve(file)}`,
    async open(use) {
      if (!existsSync(file)) {
        if (use === 'from') throw new CommandError(1, `There is no file ${quoted(file)}.`)
        if (use === 'look') return nothing()
      }
      const [{ openSqlite }, { sqliteStore }] = await Promise.all([
        import('../stores/sqlite/open.ts'),
        import('../stores/sqlite.ts'),
      ])
      const db = await openSqlite(file)
      return { store: sqliteStore(db), close: () => db.close() }
    },
  }
}

function redis(text: string, url: URL): Place {
  const name = nameOf(url, '6379', url.pathname.replace(/^\/0?$/, ''))
  return {
    name,
    key: name.replace('rediss:', 'redis:'),
    async open() {
      const { redisStore } = await import('../stores/redis.ts')
      const store = redisStore(text)
      return { store, close: () => store.close() }
    },
  }
}

function postgres(text: string, url: URL): Place {
  const name = nameOf(url, '5432', url.pathname).replace(/^postgresql:/, 'postgres:')
  return {
    name,
    key: name,
    async open(use) {
      const { postgresStore } = await import('../stores/postgres.ts')
      const store = postgresStore(text)
      try {
        if (use === 'to') await store.createTable()
        if (use !== 'look' || (await hasTable(store))) return { store, close: () => store.close() }
      } catch (error) {
        await store.close()
        throw error
      }
      await store.close()
      return nothing()
    },
  }
}

async function hasTable(store: SessionStore): Promise<boolean> {
  try {
    await store.read('nobody')
    return true
  } catch (error) {
    if (error instanceof SojournError && error.code === 'ERR_STORE_CLIENT' && /has no table/.test(error.message))
      return false
    throw error
  }
}

/** What is not there yet holds nothing. */
const nothing = (): OpenedPlace => ({ store: memoryStore(), close() {} })

const nameOf = ({ protocol, hostname, port }: URL, usual: string, path: string): string =>
  `${protocol}//${hostname}:${port || usual}${path}`
