import { randomBytes } from 'node:crypto'
import { SojournError } from '../core/errors.ts'
import { flashPrefix, type SessionDataState } from './data-state.ts'

/** A message for the next page. */
export interface Flash {
  /** The kind of message, for its styling: `info`, `error` or any other text. */
  category: string
  /** The message as text. It is not HTML, so escape it in the page. */
  message: string
}

/** Adds a message, under a key of its own. @throws `ERR_DATA` if an argument is not text */
export function addFlash(state: SessionDataState, { category, message }: Flash, instant: number): void {
  if (typeof category !== 'string' || typeof message !== 'string') {
    throw new SojournError('ERR_DATA', `session.flash takes two strings: session.flash('success', 'Saved.')`)
  }
  state.newFlashes ??= {}
  // A request has one instant. Add the position, so that its messages remain in order.
  const at = instant + Object.keys(state.newFlashes).length
  const key = flashPrefix + randomBytes(6).toString('base64url')
  state.newFlashes[key] = state.codec.stringify([at, category, message], key)
}

/** Returns and removes all messages, oldest first. */
export function takeFlashes(state: SessionDataState): Flash[] {
  const received = state.flashesTaken ? [] : Object.entries(state.texts).filter(([key]) => key.startsWith(flashPrefix))
  const flashes = [...received, ...Object.entries(state.newFlashes ?? {})]
    .flatMap(([, text]) => parseFlash(state, text))
    .toSorted((one, other) => one.instant - other.instant)
    .map(({ category, message }) => ({ category, message }))
  state.flashesTaken = true
  state.newFlashes = null
  return flashes
}

/** Returns a message, or none if its text is damaged: a page must not fail because of it. */
function parseFlash({ codec }: SessionDataState, text: string): (Flash & { instant: number })[] {
  try {
    const parts = codec.parse(text)
    if (!Array.isArray(parts) || parts.length !== 3) return []
    const [instant, category, message] = parts as unknown[]
    return [{ instant: Number(instant), category: String(category), message: String(message) }]
  } catch {
    return []
  }
}
