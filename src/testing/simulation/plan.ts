import type { FaultKind } from './place.ts'

/** A whole schedule, as data. A seed gives one, shrinking gives smaller ones, and regressions are kept as such. */
export interface Plan {
  readonly seed: number
  readonly servers: readonly { readonly aheadMs: number; readonly rate: number }[]
  readonly storeAheadMs: number
  readonly browsers: number
  readonly options: PlanOptions
  readonly operations: readonly Operation[]
  /** For real time: its last phase waits no longer than it has to. */
  readonly isQuick?: boolean
}

/** The options of all servers at the start. Durations are in seconds. */
export interface PlanOptions {
  readonly hasStore: boolean
  readonly unconfirmedFor: number
  readonly idleTimeout: number
  readonly absoluteTimeout: number
  readonly touchAfter: number
  readonly maxSessions: number
  readonly onLimit: 'end-oldest' | 'refuse'
}

export const acts = [
  'read',
  'write',
  'unset',
  'add',
  'sign-in',
  'sign-out',
  'renew',
  'confirm',
  'poll',
  'fail',
  'flash',
  'end-others',
  'change-password',
] as const
export type Act = (typeof acts)[number]

interface Common {
  /** When, in milliseconds of true time. */
  readonly at: number
  /** For the latencies and faults of this operation. */
  readonly seed: number
  readonly server: number
}

export type Operation = Common &
  (
    | {
        readonly kind: 'visit'
        readonly browser: number
        readonly act: Act
        readonly key: string
        readonly user: string
        /** How long the handler takes, and how long the response is on its way. In milliseconds. */
        readonly handlerMs: number
        readonly backMs: number
        readonly isLost: boolean
        readonly retries: number
      }
    | { readonly kind: 'watch'; readonly browser: number; readonly forMs: number }
    | { readonly kind: 'copy'; readonly browser: number }
    | { readonly kind: 'revoke'; readonly user: string }
    | { readonly kind: 'revoke-all'; readonly user: string }
    | { readonly kind: 'list'; readonly user: string }
    | { readonly kind: 'evict'; readonly user: string }
    | {
        readonly kind: 'fault'
        readonly fault: FaultKind
        readonly isForAll: boolean
        readonly share: number
        readonly forMs: number
      }
    | { readonly kind: 'wipe'; readonly forMs: number }
    | { readonly kind: 'failover'; readonly lagMs: number; readonly forMs: number }
    | { readonly kind: 'restart' }
    | { readonly kind: 'jump'; readonly byMs: number }
    | { readonly kind: 'rotate-key' | 'switch-copies' | 'move' | 'add-store'; readonly gapMs: number }
  )
export type OperationKind = Operation['kind']

export const users = ['ada', 'bob', 'cy']
export const keys = ['cart', 'theme', 'step']
/** The browser whose cookies are copies of others'. */
export const thief = 0
