import { randomBytes } from 'node:crypto'
import { createSessions } from 'sojourn'
import { flaskFormat } from 'sojourn/flask'

const secret = randomBytes(32).toString('base64url')
const cookie = { secure: false }

/** @param {object} [options] more options of `createSessions` */
export const createSealed = (options) => createSessions({ secrets: [secret], cookie, ...options })
export const createFlask = () => createSessions({ format: flaskFormat({ secretKey: secret }), cookie })
