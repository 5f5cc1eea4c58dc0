import { SojournError } from '../core/errors.ts'

/** A Python tuple: a frozen array. {@link tuple} creates one, {@link isTuple} distinguishes it from a list. */
export type Tuple<T extends readonly unknown[] = readonly unknown[]> = Readonly<T>

// A subclass distinguishes tuples from lists, also when they are printed.
class FrozenTuple extends Array<unknown> {
  /** `map`, `filter` and `slice` of a tuple return an ordinary list. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }
}
Object.defineProperty(FrozenTuple, 'name', { value: 'Tuple' })

/** Creates a Python tuple: `session.data.place = tuple(52.1, 5.1)`. */
export function tuple<const T extends readonly unknown[]>(...members: T): Tuple<T> {
  return createTuple(members)
}

/** Creates a Python tuple from a list. */
export function createTuple<T extends readonly unknown[]>(members: T): Tuple<T> {
  const result = new FrozenTuple()
  for (const member of members) result.push(member)
  return Object.freeze(result) as readonly unknown[] as Tuple<T>
}

/** Returns whether a value is a Python tuple. */
export function isTuple(value: unknown): value is Tuple {
  return value instanceof FrozenTuple
}

/** HTML that Flask's templates show without escaping: a Python `Markup`. Never create one from user input. */
export class Markup {
  /** The HTML, unescaped. */
  readonly html: string

  /** Wraps HTML that is safe to show. */
  constructor(html: string) {
    this.html = html
    Object.freeze(this)
  }

  /** Returns the HTML. */
  toString(): string {
    return this.html
  }

  /** Returns the HTML as ordinary text: the JSON does not mark it as safe to show. */
  toJSON(): string {
    return this.html
  }
}

/** A Python `UUID` (RFC 9562 section 4). */
export class Uuid {
  /** The UUID in lower case, with hyphens. */
  readonly text: string

  /** Accepts 32 hexadecimal digits, with or without hyphens, braces and `urn:uuid:`. @throws `ERR_DATA` for any other text */
  constructor(text: string) {
    const digits = parseUuidDigits(text)
    if (digits === null) throw new SojournError('ERR_DATA', 'A Uuid needs 32 hexadecimal digits: new Uuid(text)')
    this.text = digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    Object.freeze(this)
  }

  /** Returns the UUID in lower case, with hyphens. */
  toString(): string {
    return this.text
  }

  /** Returns the UUID in lower case, with hyphens. */
  toJSON(): string {
    return this.text
  }
}

/** Returns the digits of a UUID in lower case, from any form that Python accepts, or `null` if the value is no UUID. */
export function parseUuidDigits(text: unknown): string | null {
  if (typeof text !== 'string' || text.length > 100) return null
  const digits = text
    .replace('urn:', '')
    .replace('uuid:', '')
    .replace(/^[{}]+|[{}]+$/g, '')
    .replaceAll('-', '')
  return /^[\da-f]{32}$/i.test(digits) ? digits.toLowerCase() : null
}
