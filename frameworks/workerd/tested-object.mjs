import { SojournObject } from 'sojourn/durable-object'

/** How all objects fail: `none`, `throw`, `hang`, or `evict`, which is once. */
let fault = 'none'
/** How far the clock of the objects is ahead, in milliseconds. */
let aheadMs = 0

/** No object can write an entry of this id. */
export const unwritableId = 'unwritable'

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
  return {
    sql: {
      exec(query, ...values) {
        if (query.startsWith('INSERT') && values[0] === unwritableId) throw new Error('The disk is full.')
        return storage.sql.exec(query, ...values)
      },
    },
    getAlarm: () => storage.getAlarm(),
    setAlarm: (at) => storage.setAlarm(at),
    deleteAll: () => storage.deleteAll(),
    transactionSync(work) {
      Date.now = () => now() + aheadMs
      try {
        return storage.transactionSync(work)
      } finally {
        Date.now = now
      }
    },
  }
}
