import { SojournError } from '../../../core/errors.ts'

/** The parts of a Redis URL. `username` and `password` are `undefined` if the URL has none. */
export interface RedisEndpoint {
  readonly host: string
  readonly port: number
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number
  readonly tls: boolean
}

/** @throws `ERR_STORE_CLIENT` if the URL is not valid; the message omits the URL, which may contain a password */
export function parseRedisUrl(text: string): RedisEndpoint {
  try {
    const { protocol, hostname, port, username, password, pathname } = new URL(text)
    const [, database] = /^\/?(\d*)$/.exec(pathname) ?? []
    if (hostname !== '' && database !== undefined && (protocol === 'redis:' || protocol === 'rediss:')) {
      return {
        host: hostname.replace(/^\[(.*)\]$/, '$1'),
        port: Number(port || 6379),
        username: decodeURIComponent(username) || undefined,
        password: decodeURIComponent(password) || undefined,
        database: Number(database),
        tls: protocol === 'rediss:',
      }
    }
  } catch {
    // Do not pass on the error of `new URL`, because it contains the URL.
  }
  throw new SojournError(
    'ERR_STORE_CLIENT',
    'This is not a Redis URL. Use the form redis://user:password@localhost:6379/0, or rediss:// for TLS. Percent-encode special characters in the password.',
  )
}
