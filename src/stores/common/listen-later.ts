import type { Broadcast, Listening } from './listening.ts'

/** How often who watches is called back where it could not be loaded, in milliseconds. */
const pause = 500

/** The same as `createListening`, which is loaded when somebody watches. */
export function listenLater(broadcast: Broadcast, load = () => import('./listening.ts')): Listening {
  let loading: Promise<Listening> | null = null
  let isClosed = false

  async function begin(id: string, ended: () => void, isOver: AbortSignal): Promise<void> {
    if (isClosed || isOver.aborted) return
    try {
      const { watch } = await (loading ??= load().then(({ createListening }) => createListening(broadcast)))
      if (isClosed || isOver.aborted) return
      isOver.addEventListener('abort', watch(id, ended))
    } catch {
      // Without it, as where nothing is heard: whoever is called back asks.
      ended()
      setTimeout(begin, pause, id, ended, isOver).unref?.()
    }
  }

  return {
    watch(id, ended) {
      const over = new AbortController()
      void begin(id, ended, over.signal)
      return () => over.abort()
    },
    async close() {
      isClosed = true
      const listening = await loading?.catch(() => null)
      listening?.close()
    },
  }
}
