import { SojournError } from '../../../core/errors.ts'
import { redactError, withRedactedErrors } from '../../shared/redact-error.ts'
import { TooFewReplicas } from '../../store.ts'
import { requireConnector } from '../connection/dedicated-connection.ts'
import type { RedisConnection } from '../connection/types.ts'
import type { Script } from '../lua.ts'
import type { Acknowledgement } from './wait-connection.ts'
import { createWaitPool, type WaitPool } from './wait-pool.ts'

/** The replicas that a store in Redis waits for, so that a failover does not undo a write that was confirmed. */
export interface Durability {
  /**
   * How many replicas must have a sign-in, a renewal or an ending before it is confirmed. Set it to the number of replicas of
   * each primary, because any of them may become the primary.
   */
  readonly replicas: number
  /**
   * How long to wait for them, in seconds, at most 60. The wait never exceeds `storeTimeout`.
   *
   * @default 0.1
   */
  readonly within?: number | undefined
}

/** The writes of one call of a store, and whether replicas acknowledged them. */
export interface DurableWrite {
  /** Runs a script on a key, as {@link RedisConnection.run} does. */
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown>
  /** Whether this call waits for replicas at all. */
  readonly waitsForReplicas: boolean
  /** Whether enough replicas have the write of the last script. */
  readonly isAcknowledged: boolean
  /** @throws `TooFewReplicas` if `isAcknowledged` is false */
  checkAcknowledged(): void
}

/** Starts a call. `until` is the caller's deadline in epoch milliseconds, or `undefined` for none. */
export type BeginWrite = (until: number | undefined) => DurableWrite

/** Starts calls that do not wait for replicas. */
export function beginWithoutWaiting({ run }: RedisConnection): BeginWrite {
  const write: DurableWrite = { run, waitsForReplicas: false, isAcknowledged: true, checkAcknowledged() {} }
  return () => write
}

/**
 * Starts calls that write on dedicated connections, and wait for replicas.
 *
 * @throws `ERR_OPTIONS` if an option is out of range; `ERR_STORE_CLIENT` if the client cannot open dedicated connections
 */
export function createDurability(connection: RedisConnection, { replicas, within = 0.1 }: Durability) {
  if (!Number.isInteger(replicas) || replicas < 1 || !(within > 0 && within <= 60)) {
    throw new SojournError(
      'ERR_OPTIONS',
      'durability needs `replicas`, an integer of at least 1, and `within`, in seconds: more than 0, at most 60.',
    )
  }
  const { keyPrefix, dropCached } = connection
  const loadConnector = requireConnector(connection.loadConnector)
  let opening: Promise<WaitPool> | null = null
  let isClosed = false

  async function openWaitPool(): Promise<WaitPool> {
    if (isClosed) throw new Error('This Redis store was closed.')
    return createWaitPool(await loadConnector(), replicas, within * 1000)
  }

  function begin(until: number | undefined): DurableWrite {
    let acknowledgement: Acknowledgement = { isAcknowledged: true }
    return {
      async run(script, [key = ''], args) {
        const opened = (opening ??= openWaitPool())
        opened.catch(() => (opening = null))
        const pool = await opened
        try {
          const { connection: waitConnection, reply } = await withRedactedErrors(async () =>
            pool.run(script, keyPrefix + key, args),
          )
          const isLate = String((reply as unknown[])[1]) === 'late'
          acknowledgement = isLate ? { isAcknowledged: true } : await waitConnection.waitForReplicas(until)
          return reply
        } finally {
          dropCached(key)
        }
      },
      waitsForReplicas: true,
      get isAcknowledged() {
        return acknowledgement.isAcknowledged
      },
      checkAcknowledged() {
        if (acknowledgement.isAcknowledged) return
        throw tooFewReplicas(replicas, acknowledgement.cause)
      },
    }
  }

  return {
    begin,
    /** Closes the dedicated connections. */
    close() {
      isClosed = true
      opening?.then((opened) => opened.close()).catch(() => {})
    },
  }
}

function tooFewReplicas(replicas: number, cause: unknown): TooFewReplicas {
  const message = `Too few replicas of Redis had the write in time: durability requires ${replicas}.`
  return new TooFewReplicas(message, cause === undefined ? {} : { cause: redactError(cause) })
}
