import type { Sessions } from 'sojourn'
import { isDate } from './dates.ts'
import type { NewEvent, PlannedEvent } from './data/events.ts'
import type { Person } from './data/people.ts'
import { type Form, normalizeLine, normalizeText } from './form.ts'
import { eventPaths, paths } from './paths.ts'

/** The fields of the event form, as the user typed them. */
export interface EventFields {
  title: string
  date: string
  time: string
  place: string
  description: string
}

/** An event that a user typed, but did not save. */
export interface Draft {
  /** The id of the person who typed it. */
  for: string
  /** The id of the edited event; absent for a new one. */
  event?: number
  fields: EventFields
}

export type EventErrors = { [Field in keyof EventFields]?: string }

/** Characters. */
export const maxLength = { line: 120, text: 2000 }

/** With a store, every event that the form allows fits. A cookie has less room. */
const maxDraftBytes = { store: 8000, cookie: 1500 }

/** Reads the fields of an event from a form. */
export function readEventFields(form: Form): EventFields {
  return {
    title: normalizeLine(form('title')),
    date: normalizeLine(form('date')),
    time: normalizeLine(form('time')),
    place: normalizeLine(form('place')),
    description: normalizeText(form('description')),
  }
}

/** Explains what is wrong, by field; empty if the fields are valid. */
export function findEventErrors({ title, date, time, place, description }: EventFields): EventErrors {
  const errors: EventErrors = {}
  if (!title) errors.title = 'Give the event a title.'
  if (title.length > maxLength.line)
    errors.title = `Shorten the title to ${maxLength.line} characters; it has ${title.length}.`
  if (!isDate(date))
    errors.date = date ? `“${date.slice(0, 40)}” is not a date. Write it as 2026-12-24.` : 'Choose a date.'
  else if (date < '2000' || date > '2100') errors.date = 'Choose a date between 2000 and 2099.'
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(time)) errors.time = time ? 'Write the time as 18:30.' : 'Choose a time.'
  if (!place) errors.place = 'Say where it takes place.'
  if (place.length > maxLength.line)
    errors.place = `Shorten the place to ${maxLength.line} characters; it has ${place.length}.`
  if (description.length > maxLength.text) {
    errors.description = `Shorten the description to ${maxLength.text} characters; it has ${description.length}.`
  }
  return errors
}

/** Converts valid fields to an event. */
export function toEvent({ date, time, ...rest }: EventFields): NewEvent {
  return { ...rest, startsAt: `${date}T${time}` }
}

/** Converts an event to the fields of the form. */
export function toEventFields({ title, startsAt, place, description }: PlannedEvent): EventFields {
  const [date = '', time = ''] = startsAt.split('T')
  return { title, date, time, place, description }
}

/**
 * Reads a draft from a form: of a new event, or of the event with the id `event`, by default the field of this name.
 * Returns `null` if the form does not name its user, or has no text.
 */
export function readDraft(form: Form, event = readEventId(form)): Draft | null {
  const draft = { for: form('for'), fields: readEventFields(form), ...(event !== null && { event }) }
  return /^\d{1,15}$/.test(draft.for) && Object.values(draft.fields).some(Boolean) ? draft : null
}

/** Whether a session has room for a draft. */
export function fitsSession(draft: Draft, { revocable }: Pick<Sessions, 'revocable'>): boolean {
  return Buffer.byteLength(JSON.stringify(draft)) <= maxDraftBytes[revocable ? 'store' : 'cookie']
}

/** The name of a draft's event on pages: its title in quotes, or `it`. */
export function draftTitle({ fields: { title } }: Draft): string {
  return title ? `“${title}”` : 'it'
}

function readEventId(form: Form): number | null {
  return /^[1-9]\d{0,14}$/.test(form('event')) ? Number(form('event')) : null
}

/** Returns the path of the form in which a draft was typed. */
export function draftPath({ event }: Draft): string {
  return event === undefined ? paths.newEvent : eventPaths(event).edit
}

/** Whether this person typed the draft. */
export function isOwnDraft(person: Person, draft: Draft | null | undefined): draft is Draft {
  return draft?.for === String(person.id)
}

/** Returns the fields of this person's draft of a new event, or of the event with the id `event`; `null` if there is none. */
export function findDraftFields(person: Person, draft: Draft | undefined, event?: number): EventFields | null {
  return isOwnDraft(person, draft) && draft.event === event ? draft.fields : null
}
