/** One assignment in a file of variables. */
export interface Assignment {
  readonly name: string
  /** 1 for the first line. */
  readonly line: number
  /** Whether it begins with `export`. */
  readonly exported: boolean
  /** The value as written, without quotes. */
  readonly text: string
  readonly quote: '"' | "'" | '`' | ''
  /** The position of the value in the file, with its quotes. */
  readonly start: number
  readonly end: number
}

/** Finds all assignments in a file of variables, in order. Skips text within the quotes of another value. */
export function parseAssignments(text: string): Assignment[] {
  const pattern = /^([ \t]*(export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*)("[^"]*"|'[^']*'|`[^`]*`|[^#\r\n]*)/gm
  return Array.from(text.matchAll(pattern), (match) => {
    const [, before = '', exported, name = '', written = ''] = match
    const value = written.trimEnd()
    const quoted = /^(["'`])([^]*)\1$/.exec(value)
    // An empty value starts right after the equals sign, because a shell allows no space there.
    const start = match.index + (value === '' ? before.trimEnd() : before).length
    return {
      name,
      line: text.slice(0, start).split('\n').length,
      exported: exported !== undefined,
      text: quoted?.[2] ?? value,
      quote: (quoted?.[1] ?? '') as Assignment['quote'],
      start,
      end: start + value.length,
    }
  })
}

/** Replaces spans of a text. All other bytes stay the same. */
export function replaceSpans(text: string, changes: readonly { start: number; end: number; with: string }[]): string {
  return changes
    .toSorted((one, other) => other.start - one.start)
    .reduce((result, change) => result.slice(0, change.start) + change.with + result.slice(change.end), text)
}
