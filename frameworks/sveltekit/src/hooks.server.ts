import { sequence } from '@sveltejs/kit/hooks'
import { createSessions, type SessionStore } from 'sojourn'
import { sojourn } from 'sojourn/sveltekit'

const refuse = async (): Promise<never> => {
  throw new Error('connect ECONNREFUSED')
}
const down: SessionStore = { create: refuse, read: refuse, update: refuse, end: refuse, endAll: refuse, list: refuse }
const sessions = createSessions({ store: process.env['STORE'] === 'down' ? down : undefined })

export const handle = sequence(sojourn(sessions), ({ event, resolve }) => resolve(event))
