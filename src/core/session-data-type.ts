/**
 * The type of `session.data`. Declare it once; without a declaration, any key of any type is allowed.
 *
 * @example
 * ```ts
 * declare module 'sojourn' {
 *   interface SessionData { cart: string[] }
 * }
 * ```
 */
export interface SessionData {}

/** The declared data, or any data if none is declared. All members are optional, because a session starts empty. */
export type RegisteredData = keyof SessionData extends never ? Record<string, any> : Partial<SessionData>
