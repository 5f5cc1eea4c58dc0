/** The names that Sojourn's own data keys begin with, connect-flash's key, and our escape sign. */
const reserved = /^(\.|(flash|aside)\.|flash$)/

/** Renames keys that mean something else in the data of Sojourn's sessions. */
export const escapeKeys = (data: object): Record<string, unknown> =>
  renameKeys(data, (key) => (reserved.test(key) ? `.${key}` : key))

/** Undoes {@link escapeKeys}. */
export const unescapeKeys = (data: object): Record<string, unknown> =>
  renameKeys(data, (key) => (key.startsWith('.') ? key.slice(1) : key))

const renameKeys = (data: object, rename: (key: string) => string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [rename(key), value]))
