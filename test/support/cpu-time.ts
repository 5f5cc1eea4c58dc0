/**
 * Returns the least processor time of some runs, in milliseconds. Processor time, because a busy machine delays this process
 * as well; the least, because the first runs are not compiled yet.
 *
 * @param enoughMs if the least is below this, there are 8 runs. Otherwise there are up to 256, because other processes use the caches.
 */
export function leastCpuMs(work: () => void, enoughMs = Infinity): number {
  let least = Infinity
  for (let run = 0; run < 8 || (run < 256 && least >= enoughMs); run++) {
    const before = process.cpuUsage()
    work()
    least = Math.min(least, process.cpuUsage(before).user / 1000)
  }
  return least
}
