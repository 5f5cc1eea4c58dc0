/**
 * Returns a fixed piece of work and how long it takes, because a schedule takes three times as long on a slow or busy machine. The speed of
 * the simulation is compared with it.
 *
 * @param cpuMs returns the processor time of this process, in milliseconds
 */
export function createReferenceWork(cpuMs: () => number): { measure(): void; meanMs(): number } {
  let sumMs = 0
  let times = 0
  return {
    measure() {
      const began = cpuMs()
      const texts = new Map<number, string>()
      for (let index = 0; index < 2000; index++) {
        const text = JSON.stringify({
          id: `session ${index}`,
          at: index,
          data: { cart: ['apple', index], theme: 'dark' },
        })
        texts.set(index % 100, JSON.stringify(JSON.parse(text)))
      }
      sumMs += cpuMs() - began
      times++
    },
    meanMs: () => sumMs / times,
  }
}
