import { createSessions, type SessionStore } from 'sojourn'
import { memoryStore } from 'sojourn/memory'

const refuse = async (): Promise<never> => {
  throw new Error('connect ECONNREFUSED')
}
const down: SessionStore = { create: refuse, read: refuse, update: refuse, end: refuse, endAll: refuse, list: refuse }
const stores: Record<string, SessionStore> = { down, memory: memoryStore() }

export const sessions = createSessions({ store: stores[process.env['STORE'] ?? ''] })
