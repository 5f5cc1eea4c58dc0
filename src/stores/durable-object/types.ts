/** The binding of a Durable Object's class, as far as the store uses it: `DurableObjectNamespace` of Cloudflare's types fits. */
export interface ObjectNamespace {
  /** Returns the id of the object with a name. */
  idFromName(name: string): unknown
  /** Returns the object with an id. It need not exist yet. */
  get(id: any): ObjectStub
}

/** An object of the namespace, from outside. */
export interface ObjectStub {
  /** Sends a request to the object. */
  fetch(
    url: string,
    init: { method: string; body: string },
  ): Promise<{ readonly status: number; json(): Promise<unknown> }>
}

/** The runtime passes it to the object's constructor: `DurableObjectState` of Cloudflare's types fits. */
export interface ObjectState {
  /** The object's storage. */
  readonly storage: ObjectStorage
}

/** The storage of a Durable Object that has SQLite. */
export interface ObjectStorage {
  /** Runs SQL, at once. */
  readonly sql: {
    exec(query: string, ...values: (string | number | null | Uint8Array)[]): { toArray(): Record<string, unknown>[] }
  }
  /** Runs several statements: all of them are done, or none if one fails. */
  transactionSync<Result>(work: () => Result): Result
  /** Resolves to the time of the object's next alarm, in epoch milliseconds, or to `null`. */
  getAlarm(): Promise<number | null>
  /** Sets the object's next alarm, in epoch milliseconds. */
  setAlarm(at: number): Promise<void>
  /** Deletes everything, so that the object takes no room. */
  deleteAll(): Promise<void>
}
