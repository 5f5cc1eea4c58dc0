import type { Codec } from '../core/codec.ts'
import type { Texts } from '../core/texts.ts'
import type { Schema } from './schema.ts'

/**
 * The data of a session during its request: the texts as received, and the values once the application reads them.
 * At commit, values are compared as texts. This detects a change at any depth, and reading alone is no change.
 */
export interface SessionDataState {
  readonly texts: Texts
  readonly codec: Codec
  readonly schema: Schema | null
  /** Whether sessions are in a store, which has room for a copy of unreadable texts. */
  readonly hasStore: boolean
  /** The texts of the values as the application first got them. A default that the schema added is therefore no change. */
  baseline: Texts
  /** `null` until the application reads them. */
  values: Record<string, unknown> | null
  /** Keys of long texts that are not parsed yet. */
  unparsed: Set<string> | null
  /** The texts of messages added in this request, by key. */
  newFlashes: Record<string, string> | null
  /** Whether the messages received were taken. */
  flashesTaken: boolean
  /** Whether the texts cannot be parsed, or do not match the schema. They remain stored until the application writes data. */
  unreadable: boolean
}

/** The prefix of the keys of flash messages. */
export const flashPrefix = 'flash.'
/** The prefix of the keys that hold unreadable data. */
export const quarantinePrefix = 'aside.'

/** Whether a key belongs to the application. */
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
