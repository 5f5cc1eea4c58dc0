export default defineEventHandler(({ context: { session } }) => session.takeFlashes())
