import type { LazyConnection } from './lazy.ts'
import { placeOf } from './place.ts'

/** A connection by a URL. What connects is loaded where it is needed. */
export function byUrl(url: string): LazyConnection {
  const place = placeOf(url)
  let loaded: Promise<LazyConnection> | null = null
  const connection = () => (loaded ??= import('./open.ts').then(({ connectTo }) => connectTo(place)))
  return {
    run: async (...asked) => (await connection()).run(...asked),
    hash: async (key) => (await connection()).hash(key),
    nodes: async () => (await connection()).nodes(),
    isCluster: false,
    subscribe: async (...asked) => (await connection()).subscribe!(...asked),
    dedicated: async () => (await connection()).dedicated!(),
    forget() {},
    keyPrefix: '',
    isOpen: false,
    close: async () => (await connection()).close(),
  }
}
