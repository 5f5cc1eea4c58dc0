import { jsonCodec } from '../../core/codec.ts'
import type { Texts } from '../../core/texts.ts'
import type { ExaminedLine } from './decode-line.ts'
import type { Examined } from './types.ts'
import { visibleJson } from '../terminal.ts'
import type { Reporting } from './report-text.ts'
import { limitOn, noteOn } from './outcome-text.ts'

/** What became of a cookie, for programs: one line of JSON. */
export function reportForPrograms(examined: ExaminedLine, reporting: Reporting): string {
  const { each, alsoHere } = examined
  return visibleJson({
    ...membersOf(examined, reporting),
    alsoHere,
    ...(each.length > 0 && { each: each.map((one) => membersOf(one, reporting)) }),
  })
}

function membersOf(examined: Examined, { now, show }: Reporting): object {
  const { format, outcome, words, name, value, keyId, key, id, token, issuedAt, end, taggedJson, each } = examined
  const notes = [noteOn(examined, now), limitOn(examined)].filter((note) => note !== null)
  const isOne = each.length === 0
  return {
    outcome,
    ...words,
    format,
    note: notes.join(' ') || null,
    name,
    key,
    keyId: isOne ? keyId : null,
    bytes: isOne ? Buffer.byteLength(value ?? '') : null,
    id,
    userId: token?.userId ?? null,
    issuedAt,
    signedInAt: token?.signedInAt ?? null,
    expiresAt: end?.at ?? null,
    remember: token?.remember ?? null,
    label: token?.label ?? null,
    [show ? 'data' : 'dataBytes']: token?.data == null ? null : byKey(token.data, show ? valueOf : Buffer.byteLength),
    ...(format === 'flask' && show && { taggedJson }),
  }
}

/** By key: what is told of each value. */
function byKey(data: Texts, told: (text: string) => unknown): object {
  const values = Object.create(null) as Record<string, unknown>
  for (const [key, text] of Object.entries(data)) values[key] = told(text)
  return values
}

function valueOf(text: string): unknown {
  try {
    return jsonCodec.parse(text)
  } catch {
    return text // of a codec that is not JSON
  }
}
