import { channel } from 'node:diagnostics_channel'
import type { Outcome } from './outcome.ts'

/**
 * Something that happened to a session; also published on the `node:diagnostics_channel` named `sojourn`. Holds no
 * secret, no token and no data.
 */
export type SessionEvent =
  /** A request's session was opened. For a token that was refused, `id` and `userId` are what it named, where its seal was right. */
  | {
      /** What happened, as one word. */
      readonly type: 'opened'
      /** How it opened; `explain` tells it in a sentence. */
      readonly outcome: Outcome
      /** The session's id, which opens nothing; `null` where there is none, as for a guest of whom nothing is kept. */
      readonly id: string | null
      /** Whose session it is; `null` for a guest's. */
      readonly userId: string | null
    }
  /**
   * The response keeps it: for the first time, also at a sign-in; with other data; only as used again; with a new
   * secret, so that the old cookie opens nothing. Or the store took it in, from before there was one.
   */
  | {
      readonly type: 'began' | 'changed' | 'touched' | 'renewed' | 'adopted'
      readonly id: string | null
      readonly userId: string | null
    }
  /** It ended: by a sign-out, by a sign-in that replaced it, or from elsewhere. */
  | {
      readonly type: 'ended'
      /** Whether it ended in its own browser or from elsewhere. */
      readonly reason: 'signed-out' | 'revoked'
      readonly id: string | null
      readonly userId: string | null
      /** `false` for an end that a store has not answered yet. */
      readonly confirmed: boolean
    }
  /**
   * What a request wrote was not kept: its session had ended, or was renewed, meanwhile. Or what was changed while the store
   * could not be asked was dropped, since the session had been changed elsewhere.
   */
  | { readonly type: 'refused'; readonly id: string; readonly userId: string | null }
  /** The store stopped answering. */
  | {
      readonly type: 'store-down'
      /** What its driver said. */
      readonly error: unknown
    }
  /** The store answers again. */
  | { readonly type: 'store-up' }

export type Emit = (event: SessionEvent) => void

/** Tells listeners what happened; `null` as long as there is nobody to tell, so that nothing is built for nobody. */
export interface Events {
  readonly emit: Emit | null
}

const emitWarning = (error: unknown): void => process.emitWarning(error instanceof Error ? error : String(error))

/**
 * A listener that throws, or rejects, is reported as a warning: it must not cost its visitor the sign-in.
 *
 * @param publicId what is told of an id
 */
export function createEvents(onEvent: Emit | undefined, publicId: (id: string) => string = (id) => id): Events {
  const eventChannel = channel('sojourn')
  const emit: Emit = (original) => {
    const event = 'id' in original && original.id ? { ...original, id: publicId(original.id) } : original
    try {
      const result: unknown = onEvent?.(event)
      if (result instanceof Promise) result.catch(emitWarning)
    } catch (error) {
      emitWarning(error)
    }
    eventChannel.publish(event)
  }
  return {
    get emit() {
      return onEvent !== undefined || eventChannel.hasSubscribers ? emit : null
    },
  }
}
