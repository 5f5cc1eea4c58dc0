import type { Fault } from '../../../src/testing/simulation/place.ts'
import type { TcpProxy } from '../../support/tcp-proxy.ts'

/** Breaks the connections that a fault concerns. Returns what mends them; `null` if a network cannot do this. */
export function breakNetwork(proxies: ReadonlyMap<string, TcpProxy>, { kind, server }: Fault): (() => void) | null {
  const hurt = server === null ? [...proxies.values()] : [proxies.get(server)!]
  const mend = (): void => {
    for (const proxy of hurt) {
      proxy.set({ toServer: 'pass', toClient: 'pass', delayMs: 0 })
      // A connection that has lost bytes is of no use.
      if (kind !== 'slow') proxy.reset()
    }
  }
  switch (kind) {
    case 'slow':
      for (const proxy of hurt) proxy.set({ delayMs: 80 })
      return mend
    case 'lost-requests':
      for (const proxy of hurt) proxy.set({ toServer: 'swallow' })
      return mend
    case 'lost-answers':
      for (const proxy of hurt) proxy.set({ toClient: 'swallow' })
      return mend
    case 'down':
      for (const proxy of hurt) proxy.set({ toServer: 'swallow', toClient: 'swallow' })
      return mend
    case 'refused': {
      let times = 0
      const cut = setInterval(() => {
        times++
        for (const proxy of hurt) {
          if (times % 4 === 0) proxy.halfClose()
          else proxy.reset()
        }
      }, 100)
      return () => clearInterval(cut)
    }
    default:
      return null
  }
}
