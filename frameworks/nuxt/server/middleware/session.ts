import { sojourn } from 'sojourn/express'
import type { SessionRequest } from 'sojourn/node'

const open = fromNodeMiddleware(sojourn(sessions))

export default defineEventHandler(async (event) => {
  if (getRouteRules(event).cache) return // the page is the same for all visitors
  await open(event)
  event.context.session = (event.node.req as SessionRequest).session
})
