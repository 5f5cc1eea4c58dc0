import { SojournError } from '../../../core/errors.ts'

/** Where a server is, as a URL says it. */
export interface RedisEndpoint {
  readonly host: string
  readonly port: number
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number
  readonly tls: boolean
}

/** @throws `ERR_STORE_CLIENT` for what is no such URL; its text names none, since it may hold a password */
export function parseRedisUrl(text: string): RedisEndpoint {
  try {
    const { protocol, hostname, port, username, password, pathname } = new URL(text)
    const [, number] = /^\/?(\d*)$/.exec(pathname) ?? []
    if (hostname !== '' && number !== undefined && (protocol === 'redis:' || protocol === 'rediss:')) {
      return {
        host: hostname.replace(/^\[(.*)\]$/, '$1'),
        port: Number(port || 6379),
        username: decodeURIComponent(username) || undefined,
        password: decodeURIComponent(password) || undefined,
        database: Number(number),
        tls: protocol === 'rediss:',
      }
    }
  } catch {
    // Its message would name it.
  }
  throw new SojournError(
    'ERR_STORE_CLIENT',
    'The URL of Redis is none. Write it so: redis://user:password@localhost:6379/0, or rediss:// for TLS; percent-encode what is special in the password.',
  )
}
