import { isDate } from './dates.ts'
import type { NewEvent, PlannedEvent } from './data/events.ts'
import type { Person } from './data/people.ts'
import { type Form, line, lines } from './form.ts'

/** The fields of the form for an event, as they were typed. */
export interface EventFields {
  title: string
  date: string
  time: string
  place: string
  description: string
}

/** An event that was typed, and the id of the person who typed it. */
export interface Draft {
  for: string
  /** The id of the event that is edited; none for a new one. */
  event?: number
  fields: EventFields
}

export type EventErrors = { [Field in keyof EventFields]?: string }

export const longest = { line: 120, text: 2000 }

const longestDraft = 1500

/** Takes the fields of an event out of a form. */
export function eventFields(form: Form): EventFields {
  return {
    title: line(form('title')),
    date: line(form('date')),
    time: line(form('time')),
    place: line(form('place')),
    description: lines(form('description')),
  }
}

/** What is to be changed before the fields make an event, by field and in words; nothing when they do. */
export function eventErrors({ title, date, time, place, description }: EventFields): EventErrors {
  const errors: EventErrors = {}
  if (!title) errors.title = 'Give the event a title.'
  if (title.length > longest.line)
    errors.title = `Shorten the title to ${longest.line} characters; it has ${title.length}.`
  if (!isDate(date))
    errors.date = date ? `“${date.slice(0, 40)}” is not a date. Write it as 2026-12-24.` : 'Choose a date.'
  else if (date < '2000' || date > '2100') errors.date = 'Choose a date between 2000 and 2099.'
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(time)) errors.time = time ? 'Write the time as 18:30.' : 'Choose a time.'
  if (!place) errors.place = 'Say where it takes place.'
  if (place.length > longest.line)
    errors.place = `Shorten the place to ${longest.line} characters; it has ${place.length}.`
  if (description.length > longest.text) {
    errors.description = `Shorten the description to ${longest.text} characters; it has ${description.length}.`
  }
  return errors
}

/** The event that fields without errors make. */
export function eventOf({ date, time, ...rest }: EventFields): NewEvent {
  return { ...rest, startsAt: `${date}T${time}` }
}

/** The fields that show an event. */
export function fieldsOf({ title, startsAt, place, description }: PlannedEvent): EventFields {
  const [date = '', time = ''] = startsAt.split('T')
  return { title, date, time, place, description }
}

/** What a form holds as a draft, for a new event or for the one with this id; `null` when it says not whose it is, has no title, or is more than a cookie carries. */
export function draftFrom(form: Form, event?: number): Draft | null {
  const draft = { for: form('for'), fields: eventFields(form), ...(event !== undefined && { event }) }
  const fits = Buffer.byteLength(JSON.stringify(draft)) <= longestDraft
  return /^\d{1,15}$/.test(draft.for) && draft.fields.title && fits ? draft : null
}

/** Whether this person is the one who typed a draft. */
export function isDraftOf(person: Person, draft: Draft | undefined): draft is Draft {
  return draft?.for === String(person.id)
}

/** What this person typed into the form for a new event, or for the one with this id, before their sign-in ended. */
export function draftedFields(person: Person, draft: Draft | undefined, event?: number): EventFields | null {
  return isDraftOf(person, draft) && draft.event === event ? draft.fields : null
}
