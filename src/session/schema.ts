import { SojournError } from '../core/errors.ts'

/**
 * The part of Standard Schema 1 that is used (https://standardschema.dev): Zod, Valibot, ArkType and others have it. A schema must
 * accept `{}`, since a session begins empty, answer at once, and give back what it gave when it is given that.
 */
export interface Schema<Data extends object = any> {
  /** The schema, as the standard lays it down. */
  readonly '~standard': {
    /** The version of the standard. */
    readonly version: 1
    /** Who made the schema. */
    readonly vendor: string
    /** Gives the value, or what is wrong with it. */
    readonly validate: (
      value: unknown,
    ) =>
      { readonly value: Data; readonly issues?: undefined } | { readonly issues: readonly unknown[] } | Promise<unknown>
    /** The types, for the compiler alone. @default none */
    readonly types?: { readonly input: unknown; readonly output: Data } | undefined
  }
}

/** Values as a schema gives them, or what is wrong with them, in words. @throws `ERR_OPTIONS` where it does not answer at once */
export function validateData(schema: Schema, values: object): { readonly value: object } | { readonly issue: string } {
  const result = schema['~standard'].validate({ ...values })
  if (result instanceof Promise)
    throwOptionsError('A schema has to answer at once: leave out what makes it asynchronous.')
  if (result.issues === undefined) return { value: result.value as object }
  const [issue] = result.issues as { message?: string; path?: readonly unknown[] }[]
  const path = (issue?.path ?? []).map((key) => String(key instanceof Object && 'key' in key ? key.key : key)).join('.')
  return { issue: `session.data${path === '' ? '' : `.${path}`}: ${issue?.message ?? 'does not fit the schema'}` }
}

/** Refuses what is no schema, and one that does not accept an empty session. @throws `ERR_OPTIONS` */
export function checkSchema(schema: Schema): void {
  if (typeof schema?.['~standard']?.validate !== 'function') {
    throwOptionsError(
      "schema is a Standard Schema, such as one of Zod, Valibot or ArkType: an object with '~standard'.",
    )
  }
  const empty = validateData(schema, {})
  if ('issue' in empty)
    throwOptionsError(
      `schema has to accept {}, since a session begins empty. It says ${empty.issue}. Make every member optional, or give it a default.`,
    )
}

function throwOptionsError(message: string): never {
  throw new SojournError('ERR_OPTIONS', message)
}
