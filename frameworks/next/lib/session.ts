import { createSessions, type SessionStore } from 'sojourn'
import { sojourn } from 'sojourn/next'

const refuse = async (): Promise<never> => {
  throw new Error('connect ECONNREFUSED')
}
const down: SessionStore = { create: refuse, read: refuse, update: refuse, end: refuse, endAll: refuse, list: refuse }

export const { getSession, action, route, proxy } = sojourn(
  createSessions({ touchAfter: 3, store: process.env['STORE'] === 'down' ? down : undefined }),
)
