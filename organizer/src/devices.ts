import type { Session, Sessions } from 'sojourn'
import { deviceName, deviceNameFromLabel } from './device-name.ts'

/** A device on which a user is signed in. Times are epoch milliseconds. */
export interface Device {
  /** The id of its session, for a form that signs it out. */
  readonly id: string
  readonly name: string
  readonly signedInAt: number
  /** `null` for the user's current device. */
  readonly lastSeenAt: number | null
  /** When its session ends if it is not used. */
  readonly expiresAt: number
  /** Whether it stays signed in after its browser was closed. */
  readonly remember: boolean
}

/** A user's devices: the current one, and the others, the last used first. */
export interface Devices {
  readonly own: Device
  readonly others: readonly Device[]
}

/**
 * Lists the devices of a session's user. `userAgent` names the current device if its session has no label.
 *
 * @throws `ERR_NO_STORE`; `ERR_SESSION_UNAVAILABLE`
 */
export async function listDevices(
  sessions: Sessions,
  session: Session,
  userAgent: string | undefined,
): Promise<Devices> {
  const listed = await sessions.list(session.userId!)
  const { label = null, createdAt = 0 } = listed.find(({ id }) => id === session.id) ?? {}
  const own: Device = {
    id: session.id!,
    name: deviceNameFromLabel(label ?? deviceName(userAgent)),
    signedInAt: session.signedInAt ?? createdAt,
    lastSeenAt: null,
    expiresAt: session.expiresAt,
    remember: session.remember,
  }
  const others = listed
    .filter(({ id }) => id !== session.id)
    .map(({ id, label, createdAt, signedInAt, lastSeenAt, expiresAt, remember }) => ({
      id,
      name: deviceNameFromLabel(label),
      signedInAt: signedInAt ?? createdAt,
      lastSeenAt,
      expiresAt,
      remember,
    }))
  return { own, others }
}
