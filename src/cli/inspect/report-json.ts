import { dataMembers } from '../session-data.ts'
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
    ...dataMembers(token?.data ?? null, show),
    ...(format === 'flask' && show && { taggedJson }),
  }
}
