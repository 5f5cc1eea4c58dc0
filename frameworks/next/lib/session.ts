import { createSessions, type SessionStore } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { sojourn } from 'sojourn/next'

const refuse = async (): Promise<never> => {
  throw new Error('connect ECONNREFUSED')
}
const down: SessionStore = { create: refuse, read: refuse, update: refuse, end: refuse, endAll: refuse, list: refuse }
// One for the process, because Next bundles this module for `proxy` and for the routes apart.
const memory = ((globalThis as { memory?: SessionStore }).memory ??= memoryStore())
const stores: Record<string, SessionStore> = { down, memory }

export const sessions = createSessions({ touchAfter: 3, store: stores[process.env['STORE'] ?? ''] })

export const { getSession, action, route, proxy } = sojourn(sessions)
