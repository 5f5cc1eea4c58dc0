import { declarationsIn as read } from '../../scripts/declarations.mjs'

/** A declaration of a `.d.ts` file. */
export interface Declaration {
  readonly name: string
  readonly isExported: boolean
  /** The comment in front of it, or `null`. */
  readonly doc: string | null
  /** Of an interface, a class, or an object type; without private members. */
  readonly members: readonly Member[]
}

/** A member of a declaration, accessors and overloads of a name being one. */
export interface Member {
  readonly name: string
  readonly doc: string | null
  readonly isOptional: boolean
  /** Whether it is, or may be, a number. */
  readonly isNumber: boolean
}

/** The declarations of a file as the compiler prints it: each begins a line, and each member is indented by four. */
export const declarationsIn = (text: string): Declaration[] => read(text) as Declaration[]
