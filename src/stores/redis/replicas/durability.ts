import { SojournError } from '../../../core/errors.ts'
import { redactError, withRedactedErrors } from '../../shared/redact-error.ts'
import { TooFewReplicas } from '../../store.ts'
import type { RedisConnection } from '../connection/types.ts'
import type { Script } from '../lua.ts'
import type { Acknowledgement } from './wait-connection.ts'
import { createWaitPool, type WaitPool } from './wait-pool.ts'

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
export interface DurableWrite {
  /** Runs a script on a key, as the connection does. */
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown>
  /** Whether replicas are waited for at all. */
  readonly waitsForReplicas: boolean
  /** Whether enough replicas acknowledged what the last one wrote. */
  readonly isAcknowledged: boolean
  /** @throws `TooFewReplicas` where they did not */
  checkAcknowledged(): void
}

/** Of a client that makes none, or lacks what they are made by. */
const noConnectionsMessage =
  'durability needs connections of its own, which this client does not make. Take one of redis (5 or newer), ioredis (5 or newer) or iovalkey; @valkey/valkey-glide makes none.'

/** @throws `ERR_STORE_CLIENT` where there are none */
export function requireConnector(
  loadConnector: RedisConnection['loadConnector'],
): NonNullable<RedisConnection['loadConnector']> {
  if (loadConnector !== null) return loadConnector
  throw new SojournError('ERR_STORE_CLIENT', noConnectionsMessage)
}

/** Begins a call whose caller stops waiting at an instant. */
export type BeginWrite = (until: number | undefined) => DurableWrite

/** Of a store that waits for nobody. */
export function beginWithoutWaiting({ run }: RedisConnection): BeginWrite {
  const write: DurableWrite = { run, waitsForReplicas: false, isAcknowledged: true, checkAcknowledged() {} }
  return () => write
}

/**
 * Carries writes out on connections of their own, and waits for replicas.
 *
 * @throws `ERR_OPTIONS` for what makes no sense; `ERR_STORE_CLIENT` for a client that makes no connection of its own
 */
export function createDurability(connection: RedisConnection, { replicas, within = 0.1 }: Durability) {
  if (!Number.isInteger(replicas) || replicas < 1 || !(within > 0 && within <= 60)) {
    throw new SojournError(
      'ERR_OPTIONS',
      'durability takes replicas, at least 1, and within, in seconds: above 0, and 60 at the most.',
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
          const { connection: waitConnection, answer } = await withRedactedErrors(async () =>
            pool.run(script, keyPrefix + key, args),
          )
          const isLate = String((answer as unknown[])[1]) === 'late'
          acknowledgement = isLate ? { isAcknowledged: true } : await waitConnection.waitForReplicas(until)
          return answer
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
        const cause = redactError(acknowledgement.cause)
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
      opening?.then((opened) => opened.close()).catch(() => {})
    },
  }
}
