import type { DataChange } from '../../session/data-changes.ts'
import type { Cutoff, SessionNotice, SessionStore } from '../../stores/store.ts'
import { after, type Machine, now } from './time.ts'
import type { Learned } from './facts.ts'
import { storeTimeoutMs } from './network.ts'
import { never } from './values.ts'

/** The name of a value of a session in `savedAt`. A count has many values, so only its key counts. */
export const savedName = (id: string, key: string, value: string | undefined): string => `${id} ${key} ${value ?? ''}`
const textOf = (key: string, text: string): string | undefined => (key === 'count' ? undefined : JSON.parse(text))

/** Notes when a process first sees a cookie, by its own clock. */
export function noteSeen(
  { learned, machine }: { learned: Learned; machine: Machine },
  value: string | undefined,
): void {
  if (value !== undefined && !learned.firstSeen.has(value)) learned.firstSeen.set(value, machine.wall())
}

/** Notes that a process itself knows an id or a secret to be over. */
export const noteOver = ({ over }: Learned, name: string): void => void (over.has(name) || over.set(name, now()))

/** How long a call that has failed can still show in other requests, in milliseconds. */
const troubleMs = 700

/** Notes that a call has failed, or is not answered in time. */
export function noteTrouble(learned: Learned): void {
  learned.troubleUntil = now() + troubleMs
  learned.isDoubtful = true
}

/**
 * Makes a call of a server, and notes whether it fails. If the server has two stores, it may ask both.
 *
 * @param timeoutMs of a call that has more time than others. Its server knows that it is not answered when the time is over, or up to a
 *   fifth later.
 */
async function ask<Answer>(learned: Learned, call: () => Promise<Answer>, timeoutMs = 0): Promise<Answer> {
  const sentAt = now()
  let isAnswered = timeoutMs === 0
  if (!isAnswered)
    for (const ms of [timeoutMs, 1.2 * timeoutMs + 10]) after(ms, () => void (isAnswered || noteTrouble(learned)))
  try {
    const answer = await call()
    if (learned.isDoubtful && now() - sentAt < storeTimeoutMs) {
      // A request that was opened before may already have failed.
      learned.troubleUntil = Math.max(learned.troubleUntil, now())
      learned.isDoubtful = false
    }
    return answer
  } catch (error) {
    noteTrouble(learned)
    throw error
  } finally {
    isAnswered = true
  }
}

const namesOf = (id: string, { set, unset }: DataChange): string[] => [
  ...Object.entries(set).map(([key, text]) => savedName(id, key, textOf(key, text))),
  ...unset.map((key) => savedName(id, key, undefined)),
]

function hear({ heard }: Learned, notice: SessionNotice): void {
  if ('ended' in notice) return void heard.set(notice.id, { at: now() })
  const { replacedHash, secretHash } = notice
  heard.set(replacedHash, { at: now(), replacedBy: secretHash })
  // A store that undoes a renewal publishes that as another one.
  if (heard.get(secretHash)?.replacedBy === replacedHash) heard.delete(secretHash)
}

/** Notes what a process learns from the answers and notices of its store, also from late ones, for the model. */
export function noteLearned(store: SessionStore, learned: Learned): SessionStore {
  const { heard, savedAt, sent } = learned
  return {
    ...store,
    async create(record, options, until) {
      const sentAt = now()
      const answer = await ask(learned, () => store.create(record, options, until))
      // A sign-in that is answered too late has failed. The sessions that it ended for the limit come as notices.
      if (now() - sentAt < storeTimeoutMs) for (const id of answer.ended) noteOver(learned, id)
      return answer
    },
    async read(key) {
      const sentAt = now()
      const found = await ask(learned, () => store.read(key))
      if (found === null || 'ended' in found) {
        if (found !== null) noteOver(learned, key.id)
        return found
      }
      // The store may have lost an end in a failover.
      for (const name of [found.id, found.secretHash]) if ((heard.get(name)?.at ?? never) < sentAt) heard.delete(name)
      // A write whose answer was lost shows in a read. A count may be of another addition.
      const { count: _, ...set } = found.data
      for (const name of namesOf(found.id, { set, unset: [] })) if (!savedAt.has(name)) savedAt.set(name, now())
      return found
    },
    async update(key, held, change, until) {
      const names = namesOf(key.id, change)
      for (const name of names) sent.add(name)
      const version = await ask(learned, () => store.update(key, held, change, until))
      if (version === null) return null
      for (const name of [key.id, ...names]) savedAt.set(name, now())
      if (change.secretHash !== undefined) noteOver(learned, held.secretHash)
      return version
    },
    async end(key, ending, until) {
      const isEnded = await ask(learned, () => store.end(key, ending, until))
      if (isEnded) noteOver(learned, key.id)
      return isEnded
    },
    async endAll(userId, ending, except, until) {
      const answer = await ask(learned, () => store.endAll(userId, ending, except, until), 1670)
      for (const id of answer.ended) noteOver(learned, id)
      return answer
    },
    list: (userId) => ask(learned, () => store.list(userId), 2 * storeTimeoutMs),
    ...(store.putCutoff && {
      putCutoff: (userId: string, cutoff: Cutoff) => ask(learned, () => store.putCutoff!(userId, cutoff)),
    }),
    ...(store.watch && {
      watch: (onNotice: (notice: SessionNotice | null) => void, onLost?: () => void) =>
        store.watch!((notice) => {
          if (notice !== null) hear(learned, notice)
          onNotice(notice)
        }, onLost),
    }),
  }
}
