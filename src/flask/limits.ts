/** More bytes than this are no record of Flask-Session's: 1 MB. */
export const maxRecordBytes = 1024 * 1024
