import { SojournError } from '../../errors.ts'
import { TooFewReplicas } from '../../store.ts'
import { bare, barely } from '../common/bare.ts'
import type { Connection } from './client.ts'
import type { Held } from './line.ts'
import type { Lines } from './lines.ts'
import { answerOf, type Script } from './scripts.ts'

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

/** What is written by one call of a store, and whether replicas have it. */
export interface Sure {
  /** Runs a script on a key, as the connection does. */
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown>
  /** Whether replicas are waited for at all. */
  readonly waits: boolean
  /** Whether enough replicas said that they have what the last one wrote. */
  readonly isHeld: boolean
  /** @throws `TooFewReplicas` where they did not */
  check(): void
}

/** Of a client that makes no connection of its own. */
const noWires =
  'durability needs connections of its own, which a client of @valkey/valkey-glide does not make. Take one of redis, ioredis or iovalkey.'

/** @throws `ERR_STORE_CLIENT` where there are none */
export function wiresOf(wires: Connection['wires']): NonNullable<Connection['wires']> {
  if (wires !== null) return wires
  throw new SojournError('ERR_STORE_CLIENT', noWires)
}

/** Begins a call whose caller stops waiting at an instant. */
export type Begin = (until: number | undefined) => Sure

/** Of a store that waits for nobody. */
export function unsure({ run }: Connection): Begin {
  const sure: Sure = { run, waits: false, isHeld: true, check() {} }
  return () => sure
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
  const { wires, keyPrefix, forget } = connection
  const load = wiresOf(wires)
  let loading: Promise<Lines> | null = null

  /** What connects is loaded where it is needed. */
  async function loaded(): Promise<Lines> {
    const [known, { createLines }] = await Promise.all([load(), import('./lines.ts')])
    return createLines(known, replicas, within * 1000)
  }

  function begin(until: number | undefined): Sure {
    let held: Held = { isHeld: true }
    return {
      async run({ text }, [key = ''], args) {
        const whole = keyPrefix + key
        const asking = (loading ??= loaded())
        asking.catch(() => (loading = null))
        const lines = await asking
        try {
          // By its whole text: a server that does not know it would have to be told it.
          const { line, reply } = await barely(async () => lines.ask(whole, ['EVAL', text, '1', whole, ...args]))
          const answer = answerOf(reply, key)
          const isLate = String((answer as unknown[])[1]) === 'late'
          held = isLate ? { isHeld: true } : await line.held(until)
          return answer
        } finally {
          forget(key)
        }
      },
      waits: true,
      get isHeld() {
        return held.isHeld
      },
      check() {
        if (held.isHeld) return
        const cause = bare(held.cause)
        const options = cause === undefined ? {} : { cause }
        throw new TooFewReplicas(`Redis has not the answer of ${replicas} replicas.`, options)
      },
    }
  }

  return {
    begin,
    /** Closes its connections. */
    close() {
      loading?.then((lines) => lines.close()).catch(() => {})
    },
  }
}
