import type { Jar } from './people.ts'
import { now } from './time.ts'

/** A jar that knows names, values and `Max-Age`. */
export function createSimpleJar(): Jar {
  const cookies = new Map<string, { readonly pair: string; readonly until: number }>()
  return {
    take(line) {
      const pair = line.split(';', 1)[0]!
      const name = pair.slice(0, pair.indexOf('='))
      const maxAge = /; *max-age=(-?\d+)/i.exec(line)?.[1]
      const until = maxAge === undefined ? Infinity : now() + Number(maxAge) * 1000
      cookies.set(name, { pair, until })
    },
    header: () =>
      [...cookies.values()]
        .filter(({ until }) => until > now())
        .map(({ pair }) => pair)
        .join('; '),
  }
}
