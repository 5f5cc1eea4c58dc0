import { optionsError } from '../core/errors.ts'

/**
 * The part of Standard Schema 1 (https://standardschema.dev) that the library uses. Zod, Valibot, ArkType and others have it.
 * A schema must accept `{}`, because a session starts empty. It must be synchronous, and must return its own output unchanged.
 */
export interface Schema<Data extends object = any> {
  /** The schema, as the standard defines it. */
  readonly '~standard': {
    /** The version of the standard. */
    readonly version: 1
    /** The name of the schema's library. */
    readonly vendor: string
    /** Returns the value, or the issues if it does not match. */
    readonly validate: (
      value: unknown,
    ) =>
      { readonly value: Data; readonly issues?: undefined } | { readonly issues: readonly unknown[] } | Promise<unknown>
    /** The types, for the compiler only. @default undefined */
    readonly types?: { readonly input: unknown; readonly output: Data } | undefined
  }
}

/** Validates values. Returns the schema's output, or a description of the first issue. @throws `ERR_OPTIONS` if the schema is asynchronous */
export function validateData(schema: Schema, values: object): { readonly value: object } | { readonly issue: string } {
  const result = schema['~standard'].validate({ ...values })
  if (result instanceof Promise) throw optionsError('A schema must be synchronous. Remove its asynchronous parts.')
  if (result.issues === undefined) return { value: result.value as object }
  const [issue] = result.issues as { message?: string; path?: readonly unknown[] }[]
  const path = (issue?.path ?? []).map((key) => String(key instanceof Object && 'key' in key ? key.key : key)).join('.')
  return { issue: `session.data${path === '' ? '' : `.${path}`}: ${issue?.message ?? 'does not match the schema'}` }
}

/** Checks the option `schema`. @throws `ERR_OPTIONS` if it is not a schema, or does not accept an empty session */
export function checkSchema(schema: Schema): void {
  if (typeof schema?.['~standard']?.validate !== 'function') {
    throw optionsError(
      "schema must be a Standard Schema, such as one of Zod, Valibot or ArkType: an object with '~standard'.",
    )
  }
  const empty = validateData(schema, {})
  if ('issue' in empty)
    throw optionsError(
      `schema must accept {}, because a session starts empty. It reports ${empty.issue}. Make every member optional or give defaults.`,
    )
}
