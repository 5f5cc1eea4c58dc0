import { formatDuration } from '../terminal.ts'
import { finding, type Examination } from './finding.ts'

/** How far two clocks may differ, in milliseconds. */
const maxDifferenceMs = 5000

/**
 * Compares a server's clock with the one of this process.
 *
 * @param ask resolves to the server's time, in epoch milliseconds
 */
export async function checkClock(name: string, ask: () => Promise<number>): Promise<Examination> {
  const before = Date.now()
  const serverTime = await ask()
  return compareClocks(name, serverTime, before, Date.now())
}

/** Compares a time that a server read between `before` and `after`, by the clock of this process, in epoch milliseconds. */
export function compareClocks(name: string, serverTime: number, before: number, after: number): Examination {
  const differenceMs = serverTime < before ? serverTime - before : Math.max(0, serverTime - after)
  if (Math.abs(differenceMs) <= maxDifferenceMs) return { findings: [], facts: [['clock', `as that of ${name}`]] }
  const distance = formatDuration(Math.round(Math.abs(differenceMs) / 1000))
  const sentence = `The clock of ${name} is ${distance} ${differenceMs > 0 ? 'ahead of' : 'behind'} the one of this machine. Sessions end too early or too late, and copies of sessions may be refused during an outage.`
  return {
    findings: [
      finding('clock', 'clocks', sentence, 'Set both clocks by NTP, such as with chrony or systemd-timesyncd.'),
    ],
    facts: [],
  }
}
