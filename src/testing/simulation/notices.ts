import type { SessionNotice } from '../../stores/store.ts'
import { after, type Context, runAs, sleep } from './time.ts'
import type { FaultOf, Place } from './place.ts'

/** Listens to the notices of a store. They come late, twice or never while something is wrong. */
export function listen(
  place: Place,
  context: Context,
  faultOf: FaultOf,
  onNotice: (notice: SessionNotice | null) => void,
  onLost?: () => void,
): () => void {
  let isListening = true
  let isBroken = false

  /** The connection has broken. Until it is back, the listener learns once a second that it may miss something. */
  async function reconnect(): Promise<void> {
    isBroken = true
    onLost?.()
    while (isBroken) {
      if (!isListening) return
      onNotice(null)
      await sleep(900)
      isBroken = faultOf('down', 'refused', 'bad-notices') !== undefined
    }
    if (isListening) onNotice(null)
  }

  const deliver = (notice: SessionNotice): void => void (isListening && onNotice(notice))

  const receive = (notice: SessionNotice | null): void =>
    runAs(context, () => {
      if (!isListening || context.machine.isStopped || isBroken) return
      if (notice === null) return onNotice(null)
      if (faultOf('down', 'refused', 'lost-answers') !== undefined) return void after(0, () => void reconnect())
      const isBad = faultOf('bad-notices') !== undefined
      if (isBad && context.random.chance(0.3)) return void after(0, () => void reconnect())
      after(isBad ? context.random.between(0, 3000) : context.random.between(0, 5), () => deliver(notice))
      if (isBad && context.random.chance(0.3)) after(context.random.between(0, 4000), () => deliver(notice))
    })

  const stop = place.subscribe(context.machine.name, receive, onLost)
  return () => {
    isListening = false
    stop()
  }
}
