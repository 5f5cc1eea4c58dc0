import { SojournObject } from 'sojourn/durable-object'

/** How all objects fail: `none`, `throw`, `hang`, or `evict`, which is once. */
let fault = 'none'
/** How far the clock of the objects is ahead, in milliseconds. */
let aheadMs = 0

/** No object can write an entry of this id. */
export const unwritableId = 'unwritable'
/** No transaction that writes an entry of this id can end. */
export const uncommittableId = 'uncommittable'
/** No alarm can be set by the call that writes an entry of this id. */
export const alarmlessId = 'alarmless'

export const setFault = (name) => void (fault = name)
export const setAhead = (milliseconds) => void (aheadMs = milliseconds)

/** An object that fails as the tests want it, and has a clock of its own. */
export class TestedObject extends SojournObject {
  #state
  /** How much the last transaction read. */
  #work = { rows: 0, length: 0 }

  constructor(state) {
    super({ storage: testedStorage(state.storage, (work) => (this.#work = work)) })
    this.#state = state
  }

  async fetch(request) {
    const { sql } = this.#state.storage
    if (request.url.endsWith('/tables')) return Response.json(sql.exec('SELECT name FROM sqlite_master').toArray())
    if (request.url.endsWith('/work')) return Response.json(this.#work)
    if (fault === 'throw') throw new Error('The object fails.')
    if (fault === 'hang') await new Promise((resolve) => setTimeout(resolve, 60_000))
    if (fault === 'evict') {
      fault = 'none'
      this.#state.abort('The object is evicted.')
    }
    return super.fetch(request)
  }
}

/** The transaction of a call reads the clock, and awaits nothing. So nothing else sees this one. */
function testedStorage(storage, onWork) {
  const { now } = Date
  let lastWritten
  let work = { rows: 0, length: 0 }
  return {
    sql: {
      exec(query, ...values) {
        if (query.startsWith('INSERT')) lastWritten = values[0]
        if (lastWritten === unwritableId) throw new Error('The disk is full.')
        const cursor = storage.sql.exec(query, ...values)
        return {
          toArray() {
            const rows = cursor.toArray()
            work.rows += cursor.rowsRead
            for (const value of rows.flatMap(Object.values)) work.length += value?.byteLength ?? value?.length ?? 0
            return rows
          },
        }
      },
    },
    getAlarm: () => storage.getAlarm(),
    async setAlarm(at) {
      if (lastWritten === alarmlessId) throw new Error('The alarm is not set.')
      return storage.setAlarm(at)
    },
    deleteAll: () => storage.deleteAll(),
    transactionSync(step) {
      Date.now = () => now() + aheadMs
      try {
        lastWritten = undefined
        work = { rows: 0, length: 0 }
        return storage.transactionSync(() => {
          const result = step()
          if (lastWritten === uncommittableId) throw new Error('The transaction cannot end.')
          return result
        })
      } finally {
        onWork(work)
        Date.now = now
      }
    },
  }
}
