import type { Codec } from '../core/codec.ts'
import type { Texts } from '../core/texts.ts'
import type { Schema } from './schema.ts'

/**
 * What a session holds, in memory: the texts as they came, and the values once somebody asked for them. Values are parsed
 * when first asked for and compared as texts at the end, so that a change at any depth is noticed and nothing else is.
 */
export interface SessionDataState {
  readonly texts: Texts
  readonly codec: Codec
  readonly schema: Schema | null
  /** Whether there is room to keep what could not be read. */
  readonly hasStore: boolean
  /** The texts of the values as they were given out: what a schema adds, such as a default, is no change. */
  baseline: Texts
  values: Record<string, unknown> | null
  /** Keys of long texts that nobody has asked for yet. */
  unparsed: Set<string> | null
  /** Messages left in this request, by key. */
  newFlashes: Record<string, string> | null
  /** Whether the messages that came were taken. */
  flashesTaken: boolean
  /** Whether the texts turned out not to be readable. They are kept until something is written in their place. */
  unreadable: boolean
}

/** Keys of messages, and of what was once data and could not be read. */
export const flashPrefix = 'flash.'
export const quarantinePrefix = 'aside.'

/** Whether a key is the application's. */
export const isDataKey = (key: string): boolean => !key.startsWith(flashPrefix) && !key.startsWith(quarantinePrefix)
export function createDataState(
  texts: Texts,
  { codec, schema, hasStore }: Pick<SessionDataState, 'codec' | 'schema' | 'hasStore'>,
): SessionDataState {
  return {
    texts,
    codec,
    schema,
    hasStore,
    baseline: texts,
    values: null,
    unparsed: null,
    newFlashes: null,
    flashesTaken: false,
    unreadable: false,
  }
}
