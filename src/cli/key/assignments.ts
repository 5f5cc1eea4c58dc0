/** Where a file of variables sets one of them. */
export interface Assignment {
  readonly name: string
  /** 1 for the first line. */
  readonly line: number
  /** Whether `export` stands before it. */
  readonly exported: boolean
  /** The value as it is written, without its quotes. */
  readonly text: string
  readonly quote: '"' | "'" | '`' | ''
  /** From where to where the value stands in the file, with its quotes. */
  readonly start: number
  readonly end: number
}

/** Finds what a file of variables sets, in its order. What stands within the quotes of another value is passed over. */
export function parseAssignments(text: string): Assignment[] {
  const pattern = /^([ \t]*(export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*)("[^"]*"|'[^']*'|`[^`]*`|[^#\r\n]*)/gm
  return Array.from(text.matchAll(pattern), (match) => {
    const [, before = '', exported, name = '', written = ''] = match
    const value = written.trimEnd()
    const quoted = /^(["'`])([^]*)\1$/.exec(value)
    // Where nothing stands yet, right behind the equals sign: a shell takes no space there.
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

/** Puts texts in the place of others; all else stays, byte for byte. */
export function replaceSpans(text: string, changes: readonly { start: number; end: number; with: string }[]): string {
  return changes
    .toSorted((one, other) => other.start - one.start)
    .reduce((result, change) => result.slice(0, change.start) + change.with + result.slice(change.end), text)
}
