import type { Ending, SessionInfo, SessionRecord } from '../stores/store.ts'

type Stored = SessionRecord | SessionInfo | Ending

/**
 * Repairs what a store returned, if its times, version or data are damaged. Otherwise comparisons with a damaged time would be
 * false, and the session would have no limit.
 *
 * - A damaged time becomes 1970, which ends the session. A damaged sign-in becomes unknown: then the absolute limit counts from
 *   the session's start, which is earlier.
 * - A record with a damaged version ends too, because the store could not write it any more. All its times become 1970, so that
 *   no use in a cookie revives it.
 * - A damaged timeout of the session's own becomes 0, which ends the session. Damaged methods are dropped.
 * - Data that is no object becomes unreadable, and the user stays signed in.
 */
export function repairRecord<Kind extends Stored>(found: Kind): Kind {
  return isIntact(found) ? found : { ...found, ...repairedFieldsOf(found) }
}

function isIntact(found: Stored): boolean {
  const { isFinite } = Number
  if ('ended' in found) return isFinite(found.endedAt) && isFinite(found.expiresAt)
  // No lists, because every request comes here.
  return (
    isFinite(found.createdAt) &&
    isFinite(found.signedInAt ?? 0) &&
    isFinite(found.lastSeenAt) &&
    isFinite(found.expiresAt) &&
    isFinite(found.idleTimeout ?? 0) &&
    isFinite(found.absoluteTimeout ?? 0) &&
    areMethods(found.methods) &&
    (!('data' in found) || (isObject(found.data) && isFinite(found.version)))
  )
}

function repairedFieldsOf(found: Stored) {
  if ('ended' in found) return { endedAt: finite(found.endedAt), expiresAt: finite(found.expiresAt) }
  const { createdAt, signedInAt, lastSeenAt, expiresAt } = found
  const times = {
    createdAt: finite(createdAt),
    signedInAt: Number.isFinite(signedInAt) ? signedInAt : null,
    lastSeenAt: finite(lastSeenAt),
    expiresAt: finite(expiresAt),
    idleTimeout: repairedTimeout(found.idleTimeout),
    absoluteTimeout: repairedTimeout(found.absoluteTimeout),
    methods: areMethods(found.methods) ? found.methods : [],
  }
  if (!('data' in found)) return times
  return {
    ...times,
    ...(!Number.isFinite(found.version) && { createdAt: 0, signedInAt: null, lastSeenAt: 0 }),
    version: finite(found.version),
    data: isObject(found.data) ? found.data : unreadableData,
  }
}

const repairedTimeout = (own: number | null | undefined): number | null => (own == null ? null : finite(own))

/** A store may return a record without methods. */
const areMethods = (methods: SessionInfo['methods'] | undefined): methods is SessionInfo['methods'] =>
  methods === undefined ||
  (Array.isArray(methods) &&
    methods.every((each) => Array.isArray(each) && typeof each[0] === 'string' && Number.isFinite(each[1])))

/** Data that no codec can parse. */
const unreadableData = { damaged: '' }

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null

const finite = (value: number): number => (Number.isFinite(value) ? value : 0)
