import type { Session, SessionInfo, Sessions } from 'sojourn'
import { deviceName, parseDeviceLabel } from './device-name.ts'

/** A sign-in of a user. Times are epoch milliseconds. */
export interface Device {
  /** The id of its session, for a form that signs it out. */
  readonly id: string
  /** The name that the user gave it, or that of its browser. */
  readonly name: string
  /** The name of its browser, such as `Safari on iPhone`. */
  readonly browser: string
  readonly isNamed: boolean
  /** The first numbers of the address it signed in from, such as `203.0.113`. */
  readonly network: string | null
  readonly signedInAt: number
  readonly lastSeenAt: number
}

/** A user's sign-ins: the current one, and the others, the last used first. Those that look alike are one group. */
export interface Devices {
  readonly own: Device
  readonly others: readonly (readonly [Device, ...Device[]])[]
}

/**
 * Lists the sign-ins of a session's user. `names` are those that the user gave, by session id. `userAgent` names the
 * current one if its session has no label.
 *
 * @throws `ERR_NO_STORE`; `ERR_SESSION_UNAVAILABLE`
 */
export async function listDevices(
  sessions: Sessions,
  session: Session,
  { names, userAgent }: { names: ReadonlyMap<string, string>; userAgent?: string | undefined },
): Promise<Devices> {
  const listed = await sessions.list(session.userId!)
  const isOwn = ({ id }: { id: string }) => id === session.id
  const { label = null, createdAt = session.signedInAt ?? 0 } = listed.find(isOwn) ?? {}
  const own = toDevice({
    id: session.id!,
    label: label ?? deviceName(userAgent),
    createdAt,
    signedInAt: session.signedInAt,
    lastSeenAt: createdAt,
  })
  return { own, others: groupAlike(listed.filter((info) => !isOwn(info)).map(toDevice)) }

  function toDevice(info: Pick<SessionInfo, 'id' | 'label' | 'createdAt' | 'signedInAt' | 'lastSeenAt'>): Device {
    const { id, createdAt, signedInAt, lastSeenAt } = info
    const { name, network } = parseDeviceLabel(info.label)
    const given = names.get(id)
    return {
      id,
      name: given ?? name,
      browser: name,
      isNamed: given !== undefined,
      network,
      signedInAt: signedInAt ?? createdAt,
      lastSeenAt,
    }
  }
}

/** Groups sign-ins with the same name and network, which are often one browser whose cookies were deleted. */
function groupAlike(devices: readonly Device[]): [Device, ...Device[]][] {
  const groups = new Map<string, [Device, ...Device[]]>()
  for (const device of devices) {
    const key = device.isNamed ? device.id : `${device.name}|${device.network}`
    const group = groups.get(key)
    if (group) group.push(device)
    else groups.set(key, [device])
  }
  return [...groups.values()]
}
