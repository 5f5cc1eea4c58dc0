import { changeOf, idOf, latest, sessionOf, sessions, userOf } from './sessions.mjs'

/** What is measured of a store, one call at a time. */
export const operations = ['read', 'create', 'update', 'touch', 'end', 'list']

let created = 1e9

/**
 * Prepares so many calls of an operation on random sessions of a store that holds `held` of them; `after` undoes what
 * they would leave, so that the store stays as large as it was.
 *
 * @param {import('./index.mjs').Store} store
 * @param {string} operation
 * @returns {Promise<{ run: (index: number) => any, after?: () => any }>}
 */
export async function prepare(store, operation, held, count) {
  const random = (make) => Array.from({ length: count }, () => make(Math.floor(Math.random() * held)))
  const fresh = () => [...sessions(created, (created += count), (index) => sessionOf(index, latest()))]
  switch (operation) {
    case 'read': {
      const ids = random(idOf)
      return { run: (index) => store.read(ids[index]) }
    }
    case 'list': {
      const users = random(userOf)
      return { run: (index) => store.list(users[index]) }
    }
    case 'update': {
      const changed = random((index) => ({ session: sessionOf(index), change: changeOf(index) }))
      return { run: (index) => store.update(changed[index].session, changed[index].change) }
    }
    case 'touch': {
      const used = random((index) => sessionOf(index))
      return { run: (index) => store.touch(used[index]) }
    }
    case 'create': {
      const begun = fresh()
      return { run: (index) => store.create(begun[index]), after: () => store.drop(begun) }
    }
    case 'end': {
      const ended = fresh()
      for (const session of ended) await store.create(session)
      return { run: (index) => store.end(ended[index]), after: () => store.drop(ended) }
    }
  }
  throw new Error(`There is no operation ${operation}`)
}

/** A store that does not do the work would win. */
export async function check(store, held) {
  const data = async (id) => store.dataOf(await store.read(id))
  const [kept, begun] = [sessionOf(held - 1), sessionOf(created++, latest())]
  expectAll(await data(kept.id), kept.data)
  await store.update(kept, { visits: '18' })
  expectAll(await data(kept.id), { ...kept.data, visits: '18' })
  await store.create(begun)
  await store.touch(begun)
  expectAll(await data(begun.id), begun.data)
  await store.end(begun)
  if ((await data(begun.id)) !== undefined) throw new Error('A session is there after its end')
  if (store.list !== undefined && (await store.list(userOf(0))).length !== 3) throw new Error('list gave not all three')
}

function expectAll(found, data) {
  for (const [key, value] of Object.entries(data)) {
    if (found?.[key] !== value) throw new Error(`${key} is ${found?.[key]} and not ${value}`)
  }
}
