/**
 * What an application keeps in its sessions, declared once. Until it is, any key of any type is allowed.
 *
 * @example
 * ```ts
 * declare module 'sojourn' {
 *   interface SessionData { cart: string[] }
 * }
 * ```
 */
export interface SessionData {}

/** The declared data; before anything is declared, anything. Every member may be missing: a session begins empty. */
export type RegisteredData = keyof SessionData extends never ? Record<string, any> : Partial<SessionData>
