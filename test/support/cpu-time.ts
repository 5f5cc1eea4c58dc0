/**
 * Returns the least processor time of some runs, in milliseconds. Processor time, because a busy machine delays this process
 * as well; the least, because the first runs are not compiled yet.
 */
export function leastCpuMs(work: () => void, runs = 8): number {
  const times = Array.from({ length: runs }, () => {
    const before = process.cpuUsage()
    work()
    return process.cpuUsage(before).user / 1000
  })
  return Math.min(...times)
}
