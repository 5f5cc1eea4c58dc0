import { randomBytes } from 'node:crypto'
import { createSessions } from 'sojourn'
import { flaskFormat } from 'sojourn/flask'

const secret = randomBytes(32).toString('base64url')
const cookie = { secure: false }

export const sealed = () => createSessions({ secrets: [secret], cookie })
export const flask = () => createSessions({ format: flaskFormat({ secretKey: secret }), cookie })
