import type { FaultKind } from './place.ts'
import type { Random } from './random.ts'

/** Names, and up to where each reaches in a sum of weights. */
export interface Weights {
  readonly sum: number
  has(name: string): boolean
  readonly entries: readonly (readonly [name: string, upTo: number])[]
}

/** How often each operation comes, before a schedule draws its own mix. */
export const commonKinds = {
  visit: 60,
  copy: 3,
  watch: 2,
  revoke: 2,
  'revoke-all': 3,
  list: 2,
  fault: 6,
  evict: 1,
  wipe: 0.4,
  failover: 0.7,
  restart: 1.5,
  jump: 1,
  'rotate-key': 0.5,
  'switch-copies': 0.4,
  move: 0.6,
  'add-store': 0.6,
}
export const commonActs = {
  read: 10,
  write: 8,
  unset: 1,
  add: 6,
  'sign-in': 9,
  'sign-out': 3,
  renew: 3,
  confirm: 1,
  poll: 2,
  fail: 1,
  flash: 1,
  'end-others': 2,
  'change-password': 1,
}

/** How often each fault comes. */
export const faultWeights: Readonly<Record<FaultKind, number>> = {
  slow: 1,
  'lost-requests': 1,
  'lost-answers': 1,
  down: 1,
  refused: 1,
  errors: 1,
  full: 1,
  'read-only': 1,
  'bad-notices': 1,
}

interface Focus {
  readonly more: readonly string[]
  /** The faults that it makes more frequent. */
  readonly faults?: readonly string[]
  /** How many servers there are at the least. */
  readonly servers?: number
  /** Only one user and one key, and most things happen in pairs. */
  readonly isClose?: boolean
  /** Sessions end soon, and few are allowed. */
  readonly isShort?: boolean
}

/** The operations and acts that `--focus` makes more frequent. */
export const focuses: Readonly<Record<string, Focus>> = {
  outage: { more: ['fault', 'restart', 'write', 'add', 'wipe', 'failover'] },
  sides: { more: ['fault', 'write', 'unset'], servers: 2, isClose: true },
  clocks: { more: ['jump', 'revoke-all', 'sign-in', 'fault'], servers: 3 },
  moving: { more: ['move', 'add-store', 'rotate-key', 'switch-copies', 'restart'], servers: 3 },
  tabs: { more: ['write', 'add', 'read', 'unset', 'renew'] },
  ends: { more: ['revoke', 'revoke-all', 'end-others', 'sign-out', 'change-password', 'copy', 'renew'] },
  devices: { more: ['end-others', 'sign-in', 'revoke-all', 'fault'], isClose: true },
  leaving: { more: ['sign-out', 'sign-in', 'fault'] },
  limits: { more: ['sign-in', 'read', 'copy'], isShort: true },
  watching: {
    more: ['watch', 'fault', 'revoke', 'revoke-all', 'renew', 'sign-out'],
    faults: ['bad-notices'],
    isClose: true,
  },
}

/** Draws the mix of one schedule: many weights are 0, some are several times higher. Rare combinations become frequent by this. */
export function swarm(
  weights: Readonly<Record<string, number>>,
  random: Random,
  more: readonly string[],
  always: readonly string[],
): Weights {
  const entries: [string, number][] = []
  let sum = 0
  for (const name in weights) {
    const isFocus = more.includes(name)
    const isOut = !always.includes(name) && !isFocus && random.chance(0.4)
    const weight = weights[name]! * random.pick(factors) * (isFocus ? 5 : 1)
    if (!isOut) entries.push([name, (sum += weight)])
  }
  return { sum, entries, has: (name) => entries.some(([each]) => each === name) }
}

const factors = [0.5, 1, 1, 4]

export function pickBy<Name extends string>({ sum, entries }: Weights, random: Random, otherwise: Name): Name {
  const at = random.next() * sum
  for (const [name, upTo] of entries) if (at < upTo) return name as Name
  return otherwise
}
