import { SojournError } from '../../../core/errors.ts'
import { TooFewReplicas } from '../../store.ts'
import { bare, barely } from '../../shared/redact-error.ts'
import type { Connection } from '../connection/types.ts'
import type { Script } from '../lua.ts'
import type { Acknowledged } from './wait-connection.ts'
import { createWaitConnections, type WaitConnections } from './wait-pool.ts'

/** What a store in Redis waits for, so that a failover undoes nothing that it said was done. */
export interface Durability {
  /** How many replicas have to have a sign-in, a renewal and an end: as many as there are, since any of them may take over. */
  readonly replicas: number
  /**
   * How long to wait for them, in seconds; in any case no longer than whoever asked the store waits for it (`storeTimeout`).
   *
   * @default 0.1
   */
  readonly within?: number | undefined
}

/** What one call of a store writes, and whether replicas acknowledged it. */
export interface Write {
  /** Runs a script on a key, as the connection does. */
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown>
  /** Whether replicas are waited for at all. */
  readonly waits: boolean
  /** Whether enough replicas acknowledged what the last one wrote. */
  readonly isAcknowledged: boolean
  /** @throws `TooFewReplicas` where they did not */
  check(): void
}

/** Of a client that makes none, or lacks what they are made by. */
const noConnections =
  'durability needs connections of its own, which this client does not make. Take one of redis (5 or newer), ioredis (5 or newer) or iovalkey; @valkey/valkey-glide makes none.'

/** @throws `ERR_STORE_CLIENT` where there are none */
export function dedicatedOf(dedicated: Connection['dedicated']): NonNullable<Connection['dedicated']> {
  if (dedicated !== null) return dedicated
  throw new SojournError('ERR_STORE_CLIENT', noConnections)
}

/** Begins a call whose caller stops waiting at an instant. */
export type Begin = (until: number | undefined) => Write

/** Of a store that waits for nobody. */
export function waitingForNone({ run }: Connection): Begin {
  const write: Write = { run, waits: false, isAcknowledged: true, check() {} }
  return () => write
}

/**
 * Carries writes out on connections of their own, and waits for replicas.
 *
 * @throws `ERR_OPTIONS` for what makes no sense; `ERR_STORE_CLIENT` for a client that makes no connection of its own
 */
export function createDurability(connection: Connection, { replicas, within = 0.1 }: Durability) {
  if (!Number.isInteger(replicas) || replicas < 1 || !(within > 0 && within <= 60)) {
    throw new SojournError(
      'ERR_OPTIONS',
      'durability takes replicas, at least 1, and within, in seconds: above 0, and 60 at the most.',
    )
  }
  const { keyPrefix, forget } = connection
  const load = dedicatedOf(connection.dedicated)
  let begun: Promise<WaitConnections> | null = null
  let isClosed = false

  async function connections(): Promise<WaitConnections> {
    if (isClosed) throw new Error('This Redis store was closed.')
    return createWaitConnections(await load(), replicas, within * 1000)
  }

  function begin(until: number | undefined): Write {
    let told: Acknowledged = { isAcknowledged: true }
    return {
      async run(script, [key = ''], args) {
        const asking = (begun ??= connections())
        asking.catch(() => (begun = null))
        const asked = await asking
        try {
          const { at, answer } = await barely(async () => asked.run(script, keyPrefix + key, args))
          const isLate = String((answer as unknown[])[1]) === 'late'
          told = isLate ? { isAcknowledged: true } : await at.acknowledged(until)
          return answer
        } finally {
          forget(key)
        }
      },
      waits: true,
      get isAcknowledged() {
        return told.isAcknowledged
      },
      check() {
        if (told.isAcknowledged) return
        const cause = bare(told.cause)
        const options = cause === undefined ? {} : { cause }
        throw new TooFewReplicas(
          `The replicas of Redis did not have it in time: durability asks for ${replicas}.`,
          options,
        )
      },
    }
  }

  return {
    begin,
    /** Closes its connections. */
    close() {
      isClosed = true
      begun?.then((opened) => opened.close()).catch(() => {})
    },
  }
}
