import { parseSetCookie, type SetCookie } from 'cookie-es'

/** A `Set-Cookie` line, as an independent parser reads it; the value as it is written there. */
export function readSetCookie(line: string): SetCookie {
  const parsed = parseSetCookie(line, { decode: false })
  if (parsed === undefined) throw new Error('No browser would keep this Set-Cookie.')
  return parsed as SetCookie
}

/** A response's cookies by name, each with its value; `''` for one that is deleted. */
export function cookiesOf(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    headers
      .getSetCookie()
      .map(readSetCookie)
      .map(({ name, value }) => [name, value ?? '']),
  )
}

interface Kept {
  value: string
  /** Epoch milliseconds; `null` for one that goes when the browser closes. */
  until: number | null
}

/** The cookies of one browser for one host. */
export interface Browser {
  /** The `Cookie` header of its next request. */
  readonly cookie: string
  /** Keeps what a response sets, and forgets what it deletes. */
  receive(headers: Headers): void
  /** The value of a cookie that it holds. */
  get(name: string): string | undefined
  /** Holds a cookie from elsewhere, such as one that was copied. */
  put(name: string, value: string): void
  /** Is closed, and with it go the cookies that do not outlive it. */
  close(): void
}

export function browser({ now = Date.now, forgetful = true } = {}): Browser {
  const jar = new Map<string, Kept>()
  return {
    get cookie() {
      for (const [name, { until }] of jar) if (forgetful && until !== null && until <= now()) jar.delete(name)
      return [...jar].map(([name, { value }]) => `${name}=${value}`).join('; ')
    },
    receive(headers) {
      for (const { name, value = '', maxAge, expires } of headers.getSetCookie().map(readSetCookie)) {
        const until = maxAge === undefined ? (expires?.getTime() ?? null) : now() + maxAge * 1000
        if (until !== null && until <= now()) jar.delete(name)
        else jar.set(name, { value, until })
      }
    },
    get: (name) => jar.get(name)?.value,
    put: (name, value) => void jar.set(name, { value, until: null }),
    close() {
      for (const [name, { until }] of jar) if (until === null) jar.delete(name)
    },
  }
}
