import { SojournError } from '../core/errors.ts'

/** A Python tuple: an array that stays as it was made. {@link tuple} makes one, {@link isTuple} tells it from a list. */
export type Tuple<T extends readonly unknown[] = readonly unknown[]> = Readonly<T>

// A class of its own, so that it is told from a list, and printed as what it is.
class FrozenTuple extends Array<unknown> {
  /** What `map`, `filter` or `slice` makes of a tuple is an ordinary list. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }
}
Object.defineProperty(FrozenTuple, 'name', { value: 'Tuple' })

/** Makes a Python tuple: `session.data.place = tuple(52.1, 5.1)`. */
export function tuple<const T extends readonly unknown[]>(...members: T): Tuple<T> {
  return createTuple(members)
}

/** Makes a Python tuple of a list's members. */
export function createTuple<T extends readonly unknown[]>(members: T): Tuple<T> {
  const made = new FrozenTuple()
  for (const member of members) made.push(member)
  return Object.freeze(made) as readonly unknown[] as Tuple<T>
}

/** Whether a value is a Python tuple. */
export function isTuple(value: unknown): value is Tuple {
  return value instanceof FrozenTuple
}

/** HTML that Flask's templates show as it is, without escaping: a Python `Markup`. Never make one of what a user wrote. */
export class Markup {
  /** The HTML, as it is shown. */
  readonly html: string

  /** Takes HTML that is safe to show. */
  constructor(html: string) {
    this.html = html
    Object.freeze(this)
  }

  /** The HTML. */
  toString(): string {
    return this.html
  }

  /** The HTML, as text like any other: who reads the JSON does not learn that it is safe to show. */
  toJSON(): string {
    return this.html
  }
}

/** A Python `UUID` (RFC 9562 section 4). */
export class Uuid {
  /** In lower case, with hyphens. */
  readonly text: string

  /** @throws `ERR_DATA` for what is not 32 hexadecimal digits, with or without hyphens, braces and `urn:uuid:` */
  constructor(text: string) {
    const digits = parseUuidDigits(text)
    if (digits === null) throw new SojournError('ERR_DATA', 'A Uuid is made of 32 hexadecimal digits: new Uuid(text)')
    this.text = digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    Object.freeze(this)
  }

  /** The UUID in lower case, with hyphens. */
  toString(): string {
    return this.text
  }

  /** The UUID in lower case, with hyphens. */
  toJSON(): string {
    return this.text
  }
}

/** The digits of a UUID in lower case, in any spelling that Python reads, or `null` for what is none. */
export function parseUuidDigits(text: unknown): string | null {
  if (typeof text !== 'string' || text.length > 100) return null
  const digits = text
    .replace('urn:', '')
    .replace('uuid:', '')
    .replace(/^[{}]+|[{}]+$/g, '')
    .replaceAll('-', '')
  return /^[\da-f]{32}$/i.test(digits) ? digits.toLowerCase() : null
}
