import { createSessions, type SessionStore } from 'sojourn'

const refuse = async (): Promise<never> => {
  throw new Error('connect ECONNREFUSED')
}
const down: SessionStore = { create: refuse, read: refuse, update: refuse, end: refuse, endAll: refuse, list: refuse }

export const sessions = createSessions({ store: process.env['STORE'] === 'down' ? down : undefined })
