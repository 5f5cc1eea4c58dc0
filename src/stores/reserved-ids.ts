/** The id of the record by which a store says that sessions were moved there. */
export const moveMarkerId = 'moved.here'

/** What the id of each note begins with, of when all sessions of a user were ended. */
export const cutoffPrefix = 'ended.'

export const isCutoffId = (id: string): boolean => id.startsWith(cutoffPrefix)

/** Whether an id is that of a record of the library's own. No session has one: a dot is in none that the sealed token's format mints. */
export const isReservedId = (id: string): boolean => id === moveMarkerId || isCutoffId(id)
