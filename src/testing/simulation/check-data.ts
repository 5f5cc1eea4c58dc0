import { isIn, type Opened } from './requests.ts'
import { never, type Write } from './values.ts'
import type { World } from './world.ts'

/** Checks that a request shows what was written, and nothing else. */
export function checkData(world: World, { process, cookie, outcome, id, data, openedAt }: Opened): void {
  for (const [key, value] of Object.entries(data!)) {
    if (key === 'count') continue
    const owner = world.ownerOf(value as string)
    if (owner === undefined) world.wrong('unknown-value', `${key} has the value ${String(value)}, which nobody wrote`)
    else if (!isSameSession(world, id, owner))
      world.wrong('foreign-value', `${key} has the value ${String(value)} of another session`)
  }
  if (cookie === null || !isIn(outcome)) return
  const { session, carried } = cookie
  const isLive = outcome === 'active' && process.config.places.length > 0
  for (const key of world.keys) {
    const value = data![key] as string | undefined
    const write = value === undefined ? undefined : session.values.find(value)
    if (value !== undefined && write === undefined) continue // it was the guest's
    if (write?.isDropped) world.wrong('failed-write-seen', `${key} has the value ${value} of a request that failed`)
    const sureAt = isLive && !session.wasWithoutStore ? openedAt : -1
    const last = carried.get(key)
    // A store that takes a session in from one cookie ignores those that are shown to it later.
    // Another request with the same cookie may have written its changes since this one read the record.
    const isWritten = (process.learned.savedAt.get(session.id) ?? -1) >= openedAt
    const own = !isLive || (last?.isKept && !session.wasWithoutStore && !isWritten) ? last : undefined
    const newer = session.values.findNewer(key, value, sureAt, world.skewMs(), own)
    if (newer !== undefined)
      world.wrong(
        'write-lost',
        `${key} is ${value ?? 'missing'}, although ${newer.value ?? 'its removal'} was answered`,
      )
  }
  if (!isLive || session.wasWithoutStore) return
  const count = (data!['count'] as number | undefined) ?? 0
  const adds = session.values.writes.filter(({ key }) => key === 'count')
  const sure = adds.filter((add) => add.isSureSince <= openedAt && !mayBeReplaced(add, adds)).length
  if (count < sure) world.wrong('count-lost', `count is ${count}, although ${sure} additions were answered`)
  if (count > adds.length + session.carriedCount)
    world.wrong('counted-twice', `count is ${count}, although only ${adds.length} additions were made`)
}

/**
 * Whether an addition may be lost to one that a cookie kept. Two servers that count from one value come to the same text. If one of them
 * got no answer, a change of a cookie replaces the other's text there, which it takes for its own.
 */
function mayBeReplaced(add: Write, adds: readonly Write[]): boolean {
  const isRival = ({ isSureSince, startedAt }: Write): boolean => isSureSince === never && startedAt < add.isSureSince
  return adds.some(({ isKept }) => isKept) && adds.some(isRival)
}

/** Whether a session may show what was written in another: in the guest's session that it began with. */
function isSameSession(world: World, id: string | null, owner: string): boolean {
  for (let at = id; at !== null; at = world.carriedFrom(at)) if (at === owner) return true
  return false
}
