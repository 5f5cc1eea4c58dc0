import { escapeHidden, escapeHiddenJson, formatTable, type Paint } from '../terminal.ts'
import type { Examination, Finding } from './finding.ts'

/** Formats what was found for people: each finding with its fix and its page, and then what was seen. */
export function formatReport({ findings, facts }: Examination, paint: Paint): string {
  const count = findings.length
  const title =
    count === 0
      ? `${paint.good('✓')} ${paint.strong('Nothing wrong was found.')}\n`
      : `${paint.bad('✗')} ${paint.strong(count === 1 ? '1 problem was found.' : `${count} problems were found.`)}\n`
  const texts = findings.map((each, at) => formatFinding(each, at + 1, paint))
  const rows = facts.map(([name, text]) => [name, escapeHidden(text)] as const)
  return [title, ...texts, rows.length === 0 ? '' : formatTable(rows, paint)].filter((text) => text !== '').join('\n')
}

/** Formats what was found for programs: one line of JSON. */
export function formatJson({ findings, facts }: Examination): string {
  const rows = facts.map(([name, text]) => ({ name, text }))
  return `${escapeHiddenJson({ ok: findings.length === 0, findings, facts: rows })}\n`
}

function formatFinding({ code, sentence, fix, see }: Finding, number: number, paint: Paint): string {
  return `  ${number}. ${escapeHidden(sentence)} ${paint.faint(`(${code})`)}
     Fix: ${escapeHidden(fix)}
     See: ${see}
`
}
