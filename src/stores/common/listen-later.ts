import type { Lines, Listening } from './listening.ts'

/** The same as `createListening`, which is loaded when somebody watches. */
export function listenLater(lines: Lines): Listening {
  let loading: Promise<Listening> | null = null
  let isClosed = false

  async function load(): Promise<Listening> {
    const { createListening } = await import('./listening.ts')
    return createListening(lines)
  }

  async function begin(id: string, ended: () => void, isOver: AbortSignal): Promise<void> {
    const { watch } = await (loading ??= load())
    if (isClosed || isOver.aborted) return
    isOver.addEventListener('abort', watch(id, ended))
  }

  return {
    watch(id, ended) {
      const over = new AbortController()
      // Without it sessions are asked for all the same, only less often.
      begin(id, ended, over.signal).catch(() => (loading = null))
      return () => over.abort()
    },
    async close() {
      isClosed = true
      const listening = await loading?.catch(() => null)
      listening?.close()
    },
  }
}
