import { explain, type Outcome } from 'sojourn'
import { type Draft, draftTitle } from './event-form.ts'
import { eventPaths, paths } from './paths.ts'

/** Why a user must sign in, and what to do. */
export interface Reason {
  readonly why: string
  readonly advice: string
}

const idle = "You were signed out because you hadn't used Organizer for a while."
const continueAdvice = 'Sign in to pick up where you left off.'

const explainedOutcomes: readonly Outcome[] = ['expired', 'revoked', 'limit', 'ended']
const silentOutcomes: readonly Outcome[] = ['none', 'active', 'unconfirmed', 'unreadable']

/** Returns the reason of an outcome; `null` if there is nothing to explain. */
export function outcomeReason(outcome: Outcome): Reason | null {
  if (silentOutcomes.includes(outcome)) return null
  if (outcome === 'idle') return { why: idle, advice: continueAdvice }
  // Users need no details of the other outcomes, which are in the log.
  if (!explainedOutcomes.includes(outcome)) {
    return { why: "We couldn't read your sign-in.", advice: 'Please sign in again.' }
  }
  return { why: explain(outcome).sentence, advice: outcomeAdvice(outcome) }
}

/** Returns the reason that a page reported by its link, `?ended=…` or `?idle`; `null` if it reported none. */
export function reportedReason(ended: string | undefined, isIdle: boolean): Reason | null {
  if (ended === 'revoked' || ended === 'limit') return outcomeReason(ended)
  if (ended !== undefined) return { why: 'You were signed out in this browser.', advice: continueAdvice }
  return isIdle ? { why: idle, advice: continueAdvice } : null
}

export const changedPassword: Reason = {
  why: 'Your password was changed, so you were signed out here. Use the new one.',
  advice: '',
}

/** The reason of a guest who wants to see a page. */
export function pageReason(next: string | null): Reason | null {
  const [path] = next?.split('?') ?? []
  if (path === paths.account) return { why: 'Sign in to see your account.', advice: '' }
  if (path === paths.devices) return { why: 'Sign in to see your devices.', advice: '' }
  if (path === paths.newEvent) return { why: 'Sign in to plan an event.', advice: '' }
  return path?.startsWith(eventPaths(0).event.slice(0, -1)) ? { why: 'Sign in to see this event.', advice: '' } : null
}

/** Returns the text of a reason. It says that the event is safe if the page keeps one. */
export function reasonText(reason: Reason | null, draft: Draft | null): string | null {
  if (draft) {
    const why = reason?.why ?? 'Your session ended while you were typing.'
    return `${why} Your event is safe: sign in, and ${draftTitle(draft)} will be waiting.`
  }
  return reason && `${reason.why} ${reason.advice}`.trim()
}

function outcomeAdvice(outcome: Outcome): string {
  // A password change on another device revokes sessions too.
  if (outcome === 'revoked') return `${continueAdvice.slice(0, -1)}; if the password changed, use the new one.`
  return outcome === 'limit' ? `${continueAdvice} “Your devices” shows the other sign-ins.` : continueAdvice
}
