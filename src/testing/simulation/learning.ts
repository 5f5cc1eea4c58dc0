import type { DataChange } from '../../session/data-changes.ts'
import type { SessionNotice, SessionStore } from '../../stores/store.ts'
import { type Machine, now } from './time.ts'
import type { Learned } from './facts.ts'
import { storeTimeoutMs, type Witness } from './network.ts'
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

/** Reports to a witness which calls of a server fail, and which are answered. If it has two stores, one call may ask both. */
export function witnessCalls(store: SessionStore, { onAnswer, onTrouble }: Witness): SessionStore {
  const witness =
    <Values extends unknown[], Answer>(call: (...values: Values) => Promise<Answer>) =>
    async (...values: Values): Promise<Answer> => {
      const sentAt = now()
      try {
        const answer = await call(...values)
        if (now() - sentAt < storeTimeoutMs) onAnswer()
        return answer
      } catch (error) {
        onTrouble()
        throw error
      }
    }
  const { create, read, update, end, endAll, list, putCutoff } = store
  return {
    ...store,
    create: witness(create),
    read: witness(read),
    update: witness(update),
    end: witness(end),
    endAll: witness(endAll),
    list: witness(list),
    ...(putCutoff && { putCutoff: witness(putCutoff) }),
  }
}

/** Notes what a process learns from the answers and notices of its store, also from late ones, for the model. */
export function noteLearned(store: SessionStore, learned: Learned): SessionStore {
  const { heard, savedAt, sent } = learned
  function hear(notice: SessionNotice): void {
    if ('ended' in notice) return void heard.set(notice.id, { at: now() })
    const { replacedHash, secretHash } = notice
    heard.set(replacedHash, { at: now(), replacedBy: secretHash })
    // A store that undoes a renewal publishes that as another one.
    if (heard.get(secretHash)?.replacedBy === replacedHash) heard.delete(secretHash)
  }
  const namesOf = (id: string, { set, unset }: DataChange): string[] => [
    ...Object.entries(set).map(([key, text]) => savedName(id, key, textOf(key, text))),
    ...unset.map((key) => savedName(id, key, undefined)),
  ]
  return {
    ...store,
    async create(record, options, until) {
      const sentAt = now()
      const answer = await store.create(record, options, until)
      // A sign-in that is answered too late has failed. The sessions that it ended for the limit come as notices.
      if (now() - sentAt < storeTimeoutMs) for (const id of answer.ended) noteOver(learned, id)
      return answer
    },
    async read(key) {
      const sentAt = now()
      const found = await store.read(key)
      if (found === null) return null
      if ('ended' in found) {
        noteOver(learned, key.id)
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
      const version = await store.update(key, held, change, until)
      if (version !== null) for (const name of [key.id, ...names]) savedAt.set(name, now())
      if (version !== null && change.secretHash !== undefined) noteOver(learned, held.secretHash)
      return version
    },
    async end(key, ending, until) {
      const isEnded = await store.end(key, ending, until)
      if (isEnded) noteOver(learned, key.id)
      return isEnded
    },
    async endAll(userId, ending, except, until) {
      const answer = await store.endAll(userId, ending, except, until)
      for (const id of answer.ended) noteOver(learned, id)
      return answer
    },
    ...(store.watch !== undefined && {
      watch: (onNotice: (notice: SessionNotice | null) => void, onLost?: () => void) =>
        store.watch!((notice) => {
          if (notice !== null) hear(notice)
          onNotice(notice)
        }, onLost),
    }),
  }
}
