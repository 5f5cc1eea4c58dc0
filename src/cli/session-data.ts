import { jsonCodec } from '../core/codec.ts'
import type { Texts } from '../core/texts.ts'
import { escapeHidden, formatCount } from './terminal.ts'

/** Formats a session's data as lines: each key, its size, and its value if `show`. `null` is data that is in the store. */
export function formatData(data: Texts | null, show: boolean): string[] {
  if (data === null) return ['in the store']
  const entries = Object.entries(data).map(([key, text]) => ({
    key: escapeHidden(key),
    text,
    size: formatCount(Buffer.byteLength(text), 'byte'),
  }))
  if (entries.length === 0) return ['none']
  const width = Math.max(...entries.map(({ key }) => key.length))
  const sizeWidth = Math.max(...entries.map(({ size }) => size.length))
  return entries.map(
    ({ key, text, size }) => `${key.padEnd(width)}  ${size.padStart(sizeWidth)}  ${show ? escapeHidden(text) : '••••'}`,
  )
}

/** Returns a session's data for JSON: the size of each value, or the values if `show`. `null` is data that is in the store. */
export function dataMembers(data: Texts | null, show: boolean): object {
  return {
    [show ? 'data' : 'dataBytes']: data === null ? null : mapByKey(data, show ? parseOrText : Buffer.byteLength),
  }
}

/** Applies `mapText` to the text of each key. */
function mapByKey(data: Texts, mapText: (text: string) => unknown): object {
  const values = Object.create(null) as Record<string, unknown>
  for (const [key, text] of Object.entries(data)) values[key] = mapText(text)
  return values
}

function parseOrText(text: string): unknown {
  try {
    return jsonCodec.parse(text)
  } catch {
    return text // from another codec than JSON
  }
}
