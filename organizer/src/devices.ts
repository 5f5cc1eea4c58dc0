import type { Session, Sessions } from 'sojourn'
import { deviceName, nameOfLabel } from './device-name.ts'

/** A device on which somebody is signed in, as they are shown it. Instants are epoch milliseconds. */
export interface Device {
  /** Names its session, for a form that signs it out. */
  readonly id: string
  readonly name: string
  readonly signedInAt: number
  /** `null` for the device that asks, which is in use now. */
  readonly lastSeenAt: number | null
  /** When it is signed out if it is not used. */
  readonly expiresAt: number
  /** Whether it stays signed in when its browser closes. */
  readonly remember: boolean
}

/** The devices of somebody who is signed in: the one that asks, and the others, the last used first. */
export interface Devices {
  readonly own: Device
  readonly others: readonly Device[]
}

/**
 * Lists on which devices the user of a session is signed in. `userAgent` names the one that asks, where nothing else does.
 *
 * @throws `ERR_NO_STORE`; `ERR_SESSION_UNAVAILABLE`
 */
export async function devicesOf(sessions: Sessions, session: Session, userAgent: string | undefined): Promise<Devices> {
  const listed = await sessions.list(session.userId!)
  const { label = null, createdAt = 0 } = listed.find(({ id }) => id === session.id) ?? {}
  const own: Device = {
    id: session.id!,
    name: nameOfLabel(label ?? deviceName(userAgent)),
    signedInAt: session.signedInAt ?? createdAt,
    lastSeenAt: null,
    expiresAt: session.expiresAt,
    remember: session.remember,
  }
  const others = listed
    .filter(({ id }) => id !== session.id)
    .map(({ id, label, createdAt, signedInAt, lastSeenAt, expiresAt, remember }) => ({
      id,
      name: nameOfLabel(label),
      signedInAt: signedInAt ?? createdAt,
      lastSeenAt,
      expiresAt,
      remember,
    }))
  return { own, others }
}
