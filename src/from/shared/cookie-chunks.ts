import { readCookieValues } from '../../cookies/cookie-header.ts'

/** A value that a library has split, because browsers keep at most 4,096 bytes in a cookie. */
export interface Chunks {
  readonly names: readonly string[]
  /** The joined value, as it is in the header; empty if there are no chunks. */
  readonly value: string
}

/**
 * Reads the cookies `name.0`, `name.1` and so on until one is missing. Two cookies of one name are not combined: the first
 * counts.
 */
export function readChunks(header: string, name: string, { first = 0, max }: { first?: number; max: number }): Chunks {
  const names: string[] = []
  let value = ''
  while (names.length < max) {
    const chunkName = `${name}.${first + names.length}`
    const [chunk = ''] = readCookieValues(header, chunkName)
    if (chunk === '' || chunk.length > maxChunkLength) break
    names.push(chunkName)
    value += chunk
  }
  return { names, value }
}

const maxChunkLength = 8192
