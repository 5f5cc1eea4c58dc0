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

  constructor(state) {
    super({ storage: testedStorage(state.storage) })
    this.#state = state
  }

  async fetch(request) {
    const { sql } = this.#state.storage
    if (request.url.endsWith('/tables')) return Response.json(sql.exec('SELECT name FROM sqlite_master').toArray())
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
function testedStorage(storage) {
  const { now } = Date
  let lastWritten
  return {
    sql: {
      exec(query, ...values) {
        if (query.startsWith('INSERT')) lastWritten = values[0]
        if (lastWritten === unwritableId) throw new Error('The disk is full.')
        return storage.sql.exec(query, ...values)
      },
    },
    getAlarm: () => storage.getAlarm(),
    async setAlarm(at) {
      if (lastWritten === alarmlessId) throw new Error('The alarm is not set.')
      return storage.setAlarm(at)
    },
    deleteAll: () => storage.deleteAll(),
    transactionSync(work) {
      Date.now = () => now() + aheadMs
      try {
        lastWritten = undefined
        return storage.transactionSync(() => {
          const result = work()
          if (lastWritten === uncommittableId) throw new Error('The transaction cannot end.')
          return result
        })
      } finally {
        Date.now = now
      }
    },
  }
}
