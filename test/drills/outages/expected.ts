/** A visitor's answered changes are kept. Unanswered changes may be kept as well: once. */
export interface Expected {
  /** Takes note of what was asked to be kept, and whether it was answered. */
  asked(item: string, answered: boolean): void
  /** The differences from the expected values. */
  differs(found: readonly string[]): string[]
  /** The same, of what is gone once it is read; `null` where nobody knows whether it was. */
  taken(found: readonly string[] | null): string[]
}

export function createExpected(what: string): Expected {
  let sure: string[] = []
  const unsure = new Set<string>()

  function differs(found: readonly string[]): string[] {
    return [
      ...sure.filter((item) => !found.includes(item)).map((item) => `${what} lost: ${item}`),
      ...found.filter((item, at) => found.indexOf(item) !== at).map((item) => `${what} doubled: ${item}`),
      ...found
        .filter((item) => !sure.includes(item) && !unsure.has(item))
        .map((item) => `${what} that was never asked for, or was read before: ${item}`),
    ]
  }

  return {
    asked(item, answered) {
      if (answered) sure.push(item)
      else unsure.add(item)
    },
    differs,
    taken(found) {
      if (found === null) {
        for (const item of sure) unsure.add(item)
        sure = []
        return []
      }
      const wrongs = differs(found)
      sure = []
      for (const item of found) unsure.delete(item)
      return wrongs
    },
  }
}
