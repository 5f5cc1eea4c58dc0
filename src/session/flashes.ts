import { randomBytes } from 'node:crypto'
import { SojournError } from '../core/errors.ts'
import { flashPrefix, type SessionDataState } from './data-state.ts'

/** A message for the next page: what kind it is, and its text. */
export interface Flash {
  /** What kind of message it is, for its looks: `info`, `error` … Any text. */
  category: string
  /** What it says, as text: not as HTML. */
  message: string
}

/** Leaves a message, under a key of its own. @throws `ERR_DATA` for what is not text */
export function addFlash(state: SessionDataState, { category, message }: Flash, instant: number): void {
  if (typeof category !== 'string' || typeof message !== 'string') {
    throw new SojournError('ERR_DATA', `session.flash takes two texts: session.flash('success', 'Saved.')`)
  }
  state.newFlashes ??= {}
  // Messages of one request keep their order, although a clock gives them one instant.
  const at = instant + Object.keys(state.newFlashes).length
  const key = flashPrefix + randomBytes(6).toString('base64url')
  state.newFlashes[key] = state.codec.stringify([at, category, message], key)
}

/** Takes all messages, the oldest first. */
export function takeFlashes(state: SessionDataState): Flash[] {
  const received = state.flashesTaken ? [] : Object.entries(state.texts).filter(([key]) => key.startsWith(flashPrefix))
  const flashes = [...received, ...Object.entries(state.newFlashes ?? {})]
    .map(([, text]) => state.codec.parse(text) as [instant: number, category: string, message: string])
    .toSorted(([one], [other]) => one - other)
    .map(([, category, message]) => ({ category: String(category), message: String(message) }))
  state.flashesTaken = true
  state.newFlashes = null
  return flashes
}
