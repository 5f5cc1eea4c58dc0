export default defineEventHandler(({ context: { session } }) => session.userId ?? 'guest')
