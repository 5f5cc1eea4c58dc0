import { createLine, type Line } from './line.ts'
import type { Wires } from './wires.ts'

/** Connections on which writes are waited for, one to each primary. */
export interface Lines {
  /** Asks the server that has a key, and one after another that they name instead. Resolves to the line that has answered, too. */
  ask(key: string, command: readonly string[]): Promise<{ readonly line: Line; readonly reply: unknown }>
  close(): void
}

/** How often it is looked for servers that the client knows no more, in milliseconds. */
const lookEvery = 1000

/** @param within how long to wait for replicas, in milliseconds */
export function createLines(wires: Wires, replicas: number, within: number): Lines {
  const lines = new Map<string, Line>()
  let lookedAt = 0

  function lineAt(place: string): Line {
    const line = lines.get(place)
    if (line?.isGood) return line
    line?.close()
    const begun = createLine(() => wires.open(place), replicas, within)
    lines.set(place, begun)
    return begun
  }

  /** Closes what leads to servers that have left the cluster, or have no key any more. */
  function dropUnknown(): void {
    const now = performance.now()
    if (now - lookedAt < lookEvery) return
    lookedAt = now
    for (const [place, line] of lines) {
      // One that others name may be in use before the client has heard of it.
      if (!line.isIdle || wires.knows(place)) continue
      line.close()
      lines.delete(place)
    }
  }

  async function ask(key: string, command: readonly string[], tries = 5, redirected: readonly string[] = []) {
    const [word, place = wires.placeOf(key)] = redirected
    const line = lineAt(place)
    try {
      return { line, reply: await line.ask(command, word === 'ASK') }
    } catch (error) {
      const [, to, told] = /\b(MOVED|ASK) \d+ (\S+)/.exec(String(error)) ?? []
      if (told === undefined || tries === 1) throw error
      return ask(key, command, tries - 1, [to!, wires.placeCalled(told)])
    }
  }

  return {
    async ask(key, command) {
      dropUnknown()
      return ask(key, command)
    },
    close() {
      for (const line of lines.values()) line.close()
      lines.clear()
    },
  }
}
