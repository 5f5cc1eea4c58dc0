/** The id of the record by which a store says that sessions were moved there. */
export const markId = 'moved.here'

/** What the id of each note begins with, of when all sessions of a user were ended. */
export const notePrefix = 'ended.'

export const isNoteId = (id: string): boolean => id.startsWith(notePrefix)

/** Whether an id is that of a record of the library's own. No session has one: a dot is in none that the sealed token's format mints. */
export const isReserved = (id: string): boolean => id === markId || isNoteId(id)
