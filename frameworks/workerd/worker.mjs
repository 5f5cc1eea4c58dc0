import { createSessions } from 'sojourn'
import { sojourn } from 'sojourn/fetch'
import { answer, openStore } from '../fetch-app.mjs'

// Without a store, sessions are in the cookies.
const store = process.env['STORE'] === 'down' ? openStore('down') : undefined

export default { fetch: sojourn(createSessions({ store }), answer) }
