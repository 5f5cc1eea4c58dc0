/** The largest record that is read or written, in bytes: 1 MB. */
export const maxRecordBytes = 1024 * 1024
