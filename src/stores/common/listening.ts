import type { SessionStore } from '../../store.ts'

/** By which processes tell each other what has ended. */
export interface Lines {
  /** Tells a text to all that listen, by the connection that the store's writes take. */
  tell(text: string): Promise<unknown>
  /**
   * Listens on a connection of its own, which keeps no process alive. Calls back with each text that is told, and when the
   * connection is lost. Resolves to what closes it.
   */
  open(heard: (text: string) => void, lost: () => void): Promise<() => unknown>
}

/** Calls back for what is told to have ended. */
export interface Listening {
  /** As of the store. While nobody can be sure to hear, it calls back for all, often enough that each is looked at in time. */
  readonly watch: NonNullable<SessionStore['watch']>
  /** Stops listening for good. */
  close(): void | Promise<void>
}

/** How often it is seen whether all is well, in milliseconds. */
const pause = 750
/** How often this process tells itself something, so that it knows that it would hear. */
const proving = 2000
/** For how long it counts as heard. */
const proved = 4000
/** After how long a line on which nothing is heard gives way to another. */
const silence = 6000
const longestWait = 60_000

interface Line {
  /** Closes it; `null` while it is being opened. */
  hangUp: (() => unknown) | null
  /** When it was opened, or was last known to work, by `performance.now()`. */
  goodAt: number
}

/**
 * Listens as long as somebody watches, on one line for all. A line may be dead without a word, a pooler in between may drop
 * what is told, and a server may forbid the telling: so it counts only while what this process tells is heard on it.
 */
export function createListening({ tell, open }: Lines): Listening {
  const watched = new Map<string, Set<() => void>>()
  // No session's id has such a sign in it.
  const self = `?${process.getBuiltinModule('node:crypto').randomBytes(9).toString('base64url')}`
  let line: Line | null = null
  let timer: ReturnType<typeof setTimeout> | null = null
  let isClosed = false
  let count = 0
  let told = { text: '', at: -Infinity }
  let heardAt = -Infinity
  let wait = pause
  let openAt = -Infinity

  const isSure = (): boolean => line?.hangUp != null && performance.now() - heardAt < proved

  function callAll(): void {
    for (const callbacks of watched.values()) for (const callback of callbacks) callback()
  }

  function heard(text: string): void {
    if (text !== told.text) {
      for (const callback of watched.get(text) ?? []) callback()
      return
    }
    const wasSure = isSure()
    heardAt = told.at
    if (line !== null) line.goodAt = performance.now()
    wait = pause
    // What was told while nobody listened, nobody will tell again.
    if (!wasSure) callAll()
  }

  function prove(): Promise<unknown> {
    told = { text: `${self}${++count}`, at: performance.now() }
    return tell(told.text)
  }

  async function begin(): Promise<void> {
    const begun: Line = { hangUp: null, goodAt: 0 }
    line = begun
    try {
      // Where nothing can be told there is nothing to hear, and where the store's client is closed, nobody to open a line for.
      await prove()
      const hangUp = await open(
        (text) => void (line === begun && heard(text)),
        () => giveUp(begun),
      )
      if (line !== begun) return void quietly(hangUp)
      Object.assign(begun, { hangUp, goodAt: performance.now() })
      await prove()
    } catch {
      giveUp(begun)
    }
  }

  function giveUp(which: Line | null): void {
    if (which === null || line !== which) return
    line = null
    heardAt = -Infinity
    openAt = performance.now() + wait
    wait = Math.min(wait * 2, longestWait)
    if (which.hangUp !== null) void quietly(which.hangUp)
  }

  function turn(): void {
    timer = null
    if (watched.size === 0 || isClosed) {
      giveUp(line)
      wait = pause
      openAt = -Infinity
      return
    }
    go()
    const now = performance.now()
    if (!isSure()) callAll()
    if (line === null && now >= openAt) void begin()
    if (line?.hangUp == null) return
    if (now - line.goodAt > silence) giveUp(line)
    else if (now - told.at >= proving) prove().catch(() => (heardAt = -Infinity))
  }

  function go(): void {
    timer = setTimeout(turn, pause)
    timer.unref?.()
  }

  return {
    watch(id, ended) {
      const callback = () => ended()
      const callbacks = watched.get(id) ?? new Set()
      watched.set(id, callbacks.add(callback))
      if (timer === null && !isClosed) {
        go()
        if (line === null) void begin()
      }
      return () => {
        if (callbacks.delete(callback) && callbacks.size === 0 && watched.get(id) === callbacks) watched.delete(id)
      }
    },
    close() {
      isClosed = true
      giveUp(line)
    },
  }
}

/** What cannot be closed is closed. */
async function quietly(hangUp: () => unknown): Promise<void> {
  try {
    await hangUp()
  } catch {
    // It was gone already.
  }
}
