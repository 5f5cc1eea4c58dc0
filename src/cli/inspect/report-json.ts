import { jsonCodec } from '../../core/codec.ts'
import type { Texts } from '../../core/texts.ts'
import { escapeHiddenJson } from '../terminal.ts'
import type { DecodedLine } from './decode-line.ts'
import { limitationOf, noteFor } from './outcome-text.ts'
import type { ReportOptions } from './report-text.ts'
import type { DecodedCookie } from './types.ts'

/** Formats the report for programs: one line of JSON. */
export function formatJsonReport(examined: DecodedLine, reporting: ReportOptions): string {
  const { ambiguousParts, alsoHere } = examined
  return escapeHiddenJson({
    ...reportMembers(examined, reporting),
    alsoHere,
    ...(ambiguousParts.length > 0 && { each: ambiguousParts.map((one) => reportMembers(one, reporting)) }),
  })
}

function reportMembers(examined: DecodedCookie, { now, show }: ReportOptions): object {
  const {
    format,
    outcome,
    explanation,
    name,
    value,
    keyId,
    key,
    id,
    token,
    issuedAt,
    end,
    taggedJson,
    ambiguousParts,
  } = examined
  const notes = [noteFor(examined, now), limitationOf(examined)].filter((note) => note !== null)
  const isOne = ambiguousParts.length === 0
  return {
    outcome,
    ...explanation,
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
    [show ? 'data' : 'dataBytes']:
      token?.data == null ? null : mapByKey(token.data, show ? parseOrText : Buffer.byteLength),
    ...(format === 'flask' && show && { taggedJson }),
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
